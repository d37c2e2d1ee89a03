//! The header of a safetensors file: `{"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}, …}`.

use crate::rt::ParameterInfo;

/// A file, cut into header and data.
pub(super) struct Header<'a> {
    json: &'a [u8],
    pub data: &'a [u8],
}

/// One tensor of the header.
pub(super) struct Entry<'a> {
    pub name: &'a [u8],
    /// Where the name stands in the file.
    pub at: usize,
    pub dtype: &'a [u8],
    shape: &'a [u8],
    /// Range of its bytes in the data.
    pub begin: usize,
    pub end: usize,
}

/// Bytes before the header: its length.
const PREFIX: usize = 8;

impl<'a> Header<'a> {
    /// Cuts a file; none if it is shorter than it says.
    pub fn open(file: &'a [u8]) -> Option<Self> {
        let (length, rest) = file.split_first_chunk::<PREFIX>()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (json, data) = rest.split_at_checked(length)?;
        Some(Self { json, data })
    }

    /// All tensors, metadata left out; ends with `None` where the text is broken.
    pub fn entries(&self) -> Entries<'a> {
        Entries { text: Text { json: self.json, at: 0 }, state: State::Begin }
    }
}

enum State {
    Begin,
    Inside,
    Done,
}

pub(super) struct Entries<'a> {
    text: Text<'a>,
    state: State,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Option<Entry<'a>>;

    fn next(&mut self) -> Option<Option<Entry<'a>>> {
        loop {
            let more = match self.state {
                State::Done => return None,
                State::Begin => self.text.expect(b'{').map(|()| !self.text.take(b'}')),
                State::Inside if self.text.take(b',') => Some(true),
                State::Inside => self.text.expect(b'}').map(|()| false),
            };
            self.state = if more == Some(true) { State::Inside } else { State::Done };
            match more {
                Some(true) => {}
                Some(false) if self.text.is_done() => return None,
                Some(false) | None => return Some(None),
            }
            match self.text.entry() {
                Some(Some(entry)) => return Some(Some(entry)),
                Some(None) => {}
                None => {
                    self.state = State::Done;
                    return Some(None);
                }
            }
        }
    }
}

/// A reader of the little JSON that headers have: strings without escapes, whole numbers, flat lists.
struct Text<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Text<'a> {
    fn skip_blanks(&mut self) {
        while matches!(self.json.get(self.at), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
    }

    fn is_done(&mut self) -> bool {
        self.skip_blanks();
        self.at == self.json.len()
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        let is_there = self.json.get(self.at) == Some(&byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }

    /// A string between its quotes; escapes stay as they are, for no path of a parameter has any.
    fn string(&mut self) -> Option<&'a [u8]> {
        self.expect(b'"')?;
        let begin = self.at;
        loop {
            match *self.json.get(self.at)? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        self.json.get(begin..self.at - 1)
    }

    fn number(&mut self) -> Option<usize> {
        self.skip_blanks();
        let begin = self.at;
        let mut value = 0usize;
        while let Some(digit @ b'0'..=b'9') = self.json.get(self.at) {
            value = value.checked_mul(10)?.checked_add(usize::from(digit - b'0'))?;
            self.at += 1;
        }
        (self.at > begin).then_some(value)
    }

    /// A list of numbers, as its text.
    fn numbers(&mut self) -> Option<&'a [u8]> {
        self.expect(b'[')?;
        let begin = self.at;
        if !self.take(b']') {
            loop {
                self.number()?;
                if !self.take(b',') {
                    break;
                }
            }
            self.expect(b']')?;
        }
        self.json.get(begin..self.at - 1)
    }

    /// A name and its tensor; nothing for metadata.
    fn entry(&mut self) -> Option<Option<Entry<'a>>> {
        self.skip_blanks();
        let at = PREFIX + self.at + 1;
        let name = self.string()?;
        self.expect(b':')?;
        self.expect(b'{')?;
        if name == b"__metadata__" {
            if !self.take(b'}') {
                loop {
                    self.string()?;
                    self.expect(b':')?;
                    self.string()?;
                    if !self.take(b',') {
                        break;
                    }
                }
                self.expect(b'}')?;
            }
            return Some(None);
        }
        let (mut dtype, mut shape, mut range) = (None, None, None);
        loop {
            let key = self.string()?;
            self.expect(b':')?;
            match key {
                b"dtype" => dtype = Some(self.string()?),
                b"shape" => shape = Some(self.numbers()?),
                b"data_offsets" => {
                    self.expect(b'[')?;
                    let begin = self.number()?;
                    self.expect(b',')?;
                    range = Some((begin, self.number()?));
                    self.expect(b']')?;
                }
                _ => return None,
            }
            if !self.take(b',') {
                break;
            }
        }
        self.expect(b'}')?;
        let (begin, end) = range?;
        Some(Some(Entry { name, at, dtype: dtype?, shape: shape?, begin, end }))
    }
}

impl Entry<'_> {
    /// Whether the tensor has this shape.
    pub fn has_shape(&self, shape: &[usize]) -> bool {
        let mut text = Text { json: self.shape, at: 0 };
        let same = shape.iter().enumerate().all(|(axis, &extent)| {
            let continues = axis == 0 || text.take(b',');
            continues && text.number() == Some(extent)
        });
        same && text.is_done()
    }
}

/// Gives the text of a header, part by part.
pub(super) fn write(network: &str, parameters: &[ParameterInfo], sink: &mut dyn FnMut(&[u8])) {
    sink(b"{\"__metadata__\":{\"format\":\"netc\",\"network\":\"");
    sink(network.as_bytes());
    sink(b"\"}");
    let mut begin = 0;
    for parameter in parameters {
        sink(b",\"");
        sink(parameter.path.as_bytes());
        sink(b"\":{\"dtype\":\"F32\",\"shape\":[");
        for (axis, &extent) in parameter.shape.iter().enumerate() {
            if axis > 0 {
                sink(b",");
            }
            number(extent, sink);
        }
        let end = begin + 4 * parameter.elements();
        sink(b"],\"data_offsets\":[");
        number(begin, sink);
        sink(b",");
        number(end, sink);
        sink(b"]}");
        begin = end;
    }
    sink(b"}");
}

fn number(mut value: usize, sink: &mut dyn FnMut(&[u8])) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    sink(&digits[at..]);
}
