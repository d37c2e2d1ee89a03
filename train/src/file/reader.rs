//! `Reader`: a cursor over bytes in memory that never reads past the end and never trusts a declared length.

use crate::error::{Fault, TrainError};

/// Bytes of a named file and how far they have been read.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    name: &'a str,
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte; `name` is the file in messages.
    pub fn new(name: &'a str, bytes: &'a [u8]) -> Reader<'a> {
        Reader { name, bytes, position: 0 }
    }

    /// Bytes not read yet.
    pub fn remaining(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Bytes read so far.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The next `n` bytes; `what` names them in the error.
    pub fn take(&mut self, n: usize, what: &str) -> Result<&'a [u8], TrainError> {
        if n > self.remaining() {
            return Err(Fault::new(format!("the file ends inside {what}"))
                .file(self.name)
                .why(format!("{n} bytes are needed at byte {}, {} are left", self.position, self.remaining()))
                .fix("the file is truncated or damaged: copy it again")
                .input());
        }
        let start = self.position;
        self.position += n;
        Ok(&self.bytes[start..self.position])
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], TrainError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N, what)?);
        Ok(array)
    }

    /// One byte.
    pub fn u8(&mut self, what: &str) -> Result<u8, TrainError> {
        Ok(self.array::<1>(what)?[0])
    }

    /// Two bytes, the low one first.
    pub fn u16_le(&mut self, what: &str) -> Result<u16, TrainError> {
        Ok(u16::from_le_bytes(self.array(what)?))
    }

    /// Four bytes, the lowest first.
    pub fn u32_le(&mut self, what: &str) -> Result<u32, TrainError> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    /// Four bytes, the highest first.
    pub fn u32_be(&mut self, what: &str) -> Result<u32, TrainError> {
        Ok(u32::from_be_bytes(self.array(what)?))
    }

    /// Eight bytes, the lowest first.
    pub fn u64_le(&mut self, what: &str) -> Result<u64, TrainError> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    /// Eight bytes as a double, the lowest first.
    pub fn f64_le(&mut self, what: &str) -> Result<f64, TrainError> {
        Ok(f64::from_le_bytes(self.array(what)?))
    }

    /// A length in eight bytes that must not exceed what is left of the file in units of `unit` bytes.
    pub fn length_le(&mut self, unit: usize, what: &str) -> Result<usize, TrainError> {
        let declared = self.u64_le(what)?;
        let fits =
            usize::try_from(declared).ok().filter(|n| n.checked_mul(unit).is_some_and(|b| b <= self.remaining()));
        fits.ok_or_else(|| {
            Fault::new(format!("the length of {what} passes the end of the file"))
                .file(self.name)
                .why(format!("{declared} is declared, {} bytes are left", self.remaining()))
                .fix("the file is truncated or damaged: copy it again")
                .input()
        })
    }

    /// A length in eight bytes followed by that much UTF-8 text.
    pub fn text(&mut self, what: &str) -> Result<&'a str, TrainError> {
        let n = self.length_le(1, what)?;
        let start = self.position;
        std::str::from_utf8(self.take(n, what)?).map_err(|error| {
            Fault::new(format!("{what} is not UTF-8 text"))
                .file(self.name)
                .why(format!("the bytes from {} are not", start + error.valid_up_to()))
                .input()
        })
    }

    /// Fails unless every byte has been read.
    pub fn finish(&self) -> Result<(), TrainError> {
        if self.remaining() == 0 {
            return Ok(());
        }
        Err(Fault::new("the file goes on after its end")
            .file(self.name)
            .why(format!("{} bytes follow the last one that its header announces", self.remaining()))
            .input())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_in_order_and_stops_at_the_end() {
        let bytes = [1, 2, 0, 0, 0, 0, 0, 7];
        let mut reader = Reader::new("x.bin", &bytes);
        assert_eq!(reader.u8("a").unwrap(), 1);
        assert_eq!(reader.u16_le("b").unwrap(), 2);
        assert!(reader.finish().is_err());
        let error = reader.u64_le("the count").unwrap_err().to_string();
        assert!(error.contains("x.bin: the file ends inside the count"), "{error}");
        assert!(error.contains("8 bytes are needed at byte 3, 5 are left"), "{error}");
        assert_eq!(reader.remaining(), 5);
        assert_eq!(reader.array::<5>("tail").unwrap(), [0, 0, 0, 0, 7]);
        assert!(reader.finish().is_ok());
    }

    #[test]
    fn a_declared_length_is_held_against_the_bytes_that_are_left() {
        for (declared, unit, fits) in
            [(4u64, 1, true), (5, 1, false), (1, 4, true), (2, 4, false), (u64::MAX, 8, false), (1 << 61, 8, false)]
        {
            let mut bytes = declared.to_le_bytes().to_vec();
            bytes.extend([0; 4]);
            assert_eq!(Reader::new("x", &bytes).length_le(unit, "list").is_ok(), fits, "{declared} of {unit}");
        }
    }
}
