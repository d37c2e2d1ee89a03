//! The text form of the syntax tree: one node per line, without spans and comments. Two texts have
//! the same outline exactly if they mean the same tree.

mod expression;

use crate::ast::{
    Ast, Attribute, CheckStatementKind, Declaration, Definition, ElementType, Ident, ItemKind, Let, ParameterType,
    Pattern, Statement, StatementKind, TensorType, TrainStatementKind,
};
use crate::ast::{Body, Item};

impl Ast {
    /// The text form, as `netc emit --stage ast` prints it. Deterministic.
    pub fn outline(&self) -> String {
        let mut outline = Outline { text: String::new(), depth: 0 };
        outline.file(self);
        outline.text
    }
}

struct Outline {
    text: String,
    depth: usize,
}

impl Outline {
    fn line(&mut self, line: impl AsRef<str>) {
        self.text.extend(std::iter::repeat_n("  ", self.depth));
        self.text.push_str(line.as_ref());
        self.text.push('\n');
    }

    fn nested(&mut self, line: impl AsRef<str>, inside: impl FnOnce(&mut Self)) {
        self.line(line);
        self.depth += 1;
        inside(self);
        self.depth -= 1;
    }

    fn notes(&mut self, docs: &[String], attributes: &[Attribute]) {
        for doc in docs {
            self.line(format!("doc {doc:?}"));
        }
        for attribute in attributes {
            self.line(format!("attribute {} {}", attribute.name.text, names(&attribute.arguments)));
        }
    }

    fn file(&mut self, ast: &Ast) {
        self.notes(&ast.docs, &[]);
        for item in &ast.items {
            self.item(item);
        }
    }

    fn item(&mut self, item: &Item) {
        self.notes(&item.docs, &item.attributes);
        match &item.kind {
            ItemKind::Import(import) => self.line(format!("import {:?}", import.path)),
            ItemKind::Network(definition) => self.definition("network", definition),
            ItemKind::Block(definition) => self.definition("block", definition),
            ItemKind::Train(train) => self.nested(headed("train", train.network.as_ref()), |outline| {
                for statement in &train.statements {
                    outline.notes(&statement.docs, &statement.attributes);
                    match &statement.kind {
                        TrainStatementKind::Target(declaration) => outline.declaration("target", declaration),
                        TrainStatementKind::Let(statement) => outline.let_statement(statement),
                        TrainStatementKind::Setting { key, value } => {
                            outline.nested(format!("setting {}", key.text), |outline| outline.expression(value));
                        }
                        TrainStatementKind::Bad(bad) => outline.line(format!("bad {}", names(bad))),
                    }
                }
            }),
            ItemKind::Check(check) => self.nested(headed("check", check.network.as_ref()), |outline| {
                for statement in &check.statements {
                    outline.notes(&statement.docs, &statement.attributes);
                    match &statement.kind {
                        CheckStatementKind::Let(statement) => outline.let_statement(statement),
                        CheckStatementKind::Assert(value) => {
                            outline.nested("assert", |outline| outline.expression(value));
                        }
                        CheckStatementKind::Bad(bad) => outline.line(format!("bad {}", names(bad))),
                    }
                }
            }),
            ItemKind::Bad(name) => self.line(headed("bad", name.as_ref())),
        }
    }

    fn definition(&mut self, keyword: &str, definition: &Definition) {
        self.nested(format!("{keyword} {}", definition.name.text), |outline| {
            for parameter in &definition.parameters {
                outline.notes(&parameter.docs, &[]);
                let ty = parameter.ty.map_or("value", parameter_type);
                outline.nested(format!("parameter {}: {ty}", parameter.name.text), |outline| {
                    if let Some(default) = &parameter.default {
                        outline.expression(default);
                    }
                });
            }
            outline.body(&definition.body);
        });
    }

    fn body(&mut self, body: &Body) {
        for statement in &body.statements {
            self.statement(statement);
        }
        if let Some(result) = &body.result {
            self.nested("result", |outline| outline.expression(result));
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.notes(&statement.docs, &statement.attributes);
        match &statement.kind {
            StatementKind::Input(declaration) => self.declaration("input", declaration),
            StatementKind::Let(statement) => self.let_statement(statement),
            StatementKind::Layer { name, value } => {
                self.nested(format!("layer {}", name.text), |outline| outline.stage(value));
            }
            StatementKind::Param { declaration, init } => {
                self.declaration("param", declaration);
                if let Some(init) = init {
                    self.depth += 1;
                    self.nested("init", |outline| outline.expression(init));
                    self.depth -= 1;
                }
            }
            StatementKind::Output { name, value } => {
                self.nested(format!("output {}", name.text), |outline| outline.expression(value));
            }
            StatementKind::Return(value) => self.nested("return", |outline| outline.expression(value)),
            StatementKind::If(branches) => self.if_value(branches),
            StatementKind::Value(value) => self.nested("value", |outline| outline.expression(value)),
            StatementKind::Bad(bad) => self.line(format!("bad {}", names(bad))),
        }
    }

    fn let_statement(&mut self, statement: &Let) {
        self.nested(format!("let {}", pattern(&statement.pattern)), |outline| outline.expression(&statement.value));
    }

    fn declaration(&mut self, keyword: &str, declaration: &Declaration) {
        self.nested(format!("{keyword} {}", declaration.name.text), |outline| outline.tensor_type(&declaration.ty));
    }

    fn tensor_type(&mut self, ty: &TensorType) {
        let element = match ty.element {
            None => "f32 by default",
            Some(ElementType::F32) => "f32",
            Some(ElementType::F64) => "f64",
            Some(ElementType::Bool) => "bool",
            Some(ElementType::Int) => "int",
        };
        let kind = if ty.dims.is_some() { "tensor" } else { "scalar" };
        self.nested(format!("{kind} of {element}"), |outline| {
            for extent in ty.dims.iter().flatten() {
                outline.nested(headed("extent", extent.axis.as_ref()), |outline| outline.expression(&extent.size));
            }
            if let Some(range) = &ty.range {
                outline.nested("range", |outline| {
                    outline.expression(&range.0);
                    outline.expression(&range.1);
                });
            }
        });
    }
}

fn headed(keyword: &str, name: Option<&Ident>) -> String {
    name.map_or(keyword.to_owned(), |name| format!("{keyword} {}", name.text))
}

fn names(words: &[Ident]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn pattern(pattern: &Pattern) -> String {
    match pattern {
        Pattern::Name(name) => name.text.clone(),
        Pattern::Tuple { names: words, .. } => format!("({})", names(words)),
    }
}

fn parameter_type(ty: ParameterType) -> &'static str {
    match ty {
        ParameterType::Int => "int",
        ParameterType::Float => "float",
        ParameterType::Bool => "bool",
        ParameterType::String => "string",
        ParameterType::List => "list",
    }
}
