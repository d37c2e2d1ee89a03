//! Random programs with random blanks, line breaks and comments, the same for the same seed.

/// A program, with comments in the oddest places or with none.
pub fn program(seed: u64, comments: bool) -> String {
    let state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut generator = Generator { state, text: String::new(), comments, in_block: false };
    for _ in 0..=generator.below(3) {
        generator.item();
    }
    generator.gap();
    generator.text
}

struct Generator {
    state: u64,
    text: String,
    comments: bool,
    /// Whether layers may be declared here.
    in_block: bool,
}

const NAMES: [&str; 8] = ["x", "image", "conv2d", "relu", "some_longer_name", "a1", "type", "features"];

impl Generator {
    /// A number below `end`, by xorshift.
    fn below(&mut self, end: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % end
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    /// Something between two tokens.
    fn gap(&mut self) {
        let gap = match self.below(40) {
            0 => "\n",
            1 => "\n\n\n",
            2..=5 if !self.comments => "\n",
            2 => " // note\n",
            3 => "\n// own line\n",
            4 => " /* inline */ ",
            5 => "\n/* alone */\n",
            6 => "  ",
            _ => " ",
        };
        self.text.push_str(gap);
    }

    fn token(&mut self, token: &str) {
        self.text.push_str(token);
        self.gap();
    }

    fn name(&mut self) {
        let name = NAMES[usize::try_from(self.below(8)).unwrap_or(0)];
        self.token(name);
    }

    fn item(&mut self) {
        if self.one_in(3) {
            self.text.push_str("\n/// A doc comment.\n");
        }
        match self.below(5) {
            0 => {
                self.token("import");
                self.token("\"blocks.net\"");
                self.token(";");
            }
            1 => {
                self.token("train");
                self.token("{");
                for _ in 0..self.below(5) {
                    self.name();
                    self.token("=");
                    self.expression(3);
                    self.token(";");
                }
                self.token("}");
            }
            2 => {
                self.token("check");
                self.token("{");
                for _ in 0..self.below(4) {
                    self.result(2);
                    self.token(";");
                }
                self.token("}");
            }
            _ => {
                self.in_block = true;
                self.token("block");
                self.name();
                self.token("(");
                self.name();
                if self.one_in(2) {
                    self.token(",");
                    self.name();
                    self.token(":");
                    self.token("int");
                }
                self.token(")");
                self.body(3);
                self.in_block = false;
            }
        }
    }

    fn body(&mut self, depth: u64) {
        self.token("{");
        for _ in 0..self.below(4) {
            self.statement(depth);
        }
        if self.one_in(2) {
            self.result(depth.saturating_sub(1));
        }
        self.token("}");
    }

    /// A value that may start a statement: an `if` there would be a statement.
    fn result(&mut self, depth: u64) {
        self.token("(");
        self.expression(depth);
        self.token(")");
    }

    fn statement(&mut self, depth: u64) {
        match self.below(6) {
            0 if depth > 0 && self.in_block => {
                self.token("if");
                self.expression(0);
                self.body(depth - 1);
                if self.one_in(2) {
                    self.token("else");
                    self.body(depth - 1);
                }
                // An `if` at the end of a body with a result after it needs its `;` to stay one.
                self.token("let");
                self.name();
                self.token("= 3");
                self.token(";");
                return;
            }
            1 if self.in_block => {
                self.token("layer");
                self.name();
                self.token("=");
                self.call(depth);
            }
            2 => {
                self.token("let");
                self.token("(");
                self.name();
                self.token(",");
                self.name();
                self.token(")");
                self.token("=");
                self.expression(depth);
            }
            _ => {
                self.token("let");
                self.name();
                self.token("=");
                self.expression(depth);
            }
        }
        self.token(";");
    }

    fn expression(&mut self, depth: u64) {
        self.operation(depth);
        if depth > 0 && self.one_in(2) {
            for _ in 0..=self.below(6) {
                self.token("->");
                self.stage(depth - 1);
            }
        }
    }

    fn operation(&mut self, depth: u64) {
        self.operand(depth);
        if self.one_in(3) {
            for _ in 0..=self.below(3) {
                let operator = ["+", "-", "*", "/"][usize::try_from(self.below(4)).unwrap_or(0)];
                self.token(operator);
                self.operand(depth);
            }
        }
    }

    fn operand(&mut self, depth: u64) {
        if self.one_in(8) {
            self.token("-");
        }
        let kinds = if depth == 0 { 5 } else { 11 };
        match self.below(kinds) {
            0 => self.token("3"),
            1 => self.token("64 MiB"),
            2 => self.token("\"text // no comment\""),
            3 => self.token("0.5"),
            4 => self.name(),
            5 => {
                self.token("(");
                self.expression(depth - 1);
                self.token(")");
            }
            6 => {
                self.token("[");
                for _ in 0..self.below(6) {
                    self.expression(depth - 1);
                    self.token(",");
                }
                self.token("]");
            }
            7 => {
                self.token("if");
                self.expression(0);
                self.body(depth - 1);
                self.token("else");
                self.body(depth - 1);
            }
            8 => {
                self.name();
                self.token(".");
                self.token("shape");
                self.token("[");
                self.expression(0);
                self.token("]");
            }
            9 => {
                self.token("{");
                self.token("\"a.*\"");
                self.token(":");
                self.token("\"b.*\"");
                self.token("}");
            }
            _ => self.call(depth),
        }
    }

    fn call(&mut self, depth: u64) {
        self.name();
        self.token("(");
        for index in 0..self.below(4) {
            if index > 0 {
                self.token(",");
            }
            if index > 1 {
                self.token(["kernel", "pad", "rate"][usize::try_from(index).unwrap_or(0) % 3]);
                self.token("=");
            }
            self.expression(depth.saturating_sub(1));
        }
        self.token(")");
    }

    fn stage(&mut self, depth: u64) {
        if self.one_in(4) {
            self.name();
            self.token(":");
        }
        match self.below(if depth == 0 { 4 } else { 7 }) {
            0 | 1 => self.name(),
            2 | 3 => self.call(depth),
            4 => self.fragment(depth),
            5 => {
                self.token("for");
                self.name();
                self.token("in");
                self.token("0..3");
                self.fragment(depth);
            }
            _ => {
                self.token("if");
                self.expression(0);
                self.fragment(depth);
                if self.one_in(2) {
                    self.token("else");
                    self.fragment(depth);
                }
            }
        }
    }

    fn fragment(&mut self, depth: u64) {
        self.token("{");
        self.stage(depth - 1);
        for _ in 0..self.below(3) {
            self.token("->");
            self.stage(depth - 1);
        }
        self.token("}");
    }
}
