//! A CBOR writer that writes what it is told, in the order it is told.

/// A data item. Maps keep the order of their entries and may repeat keys.
#[derive(Clone, Debug, PartialEq)]
pub enum Cbor {
    /// An integer of either sign.
    Int(i64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A text string.
    Text(String),
    /// An array.
    Array(Vec<Cbor>),
    /// A map.
    Map(Vec<(Cbor, Cbor)>),
    /// `true` or `false`.
    Bool(bool),
    /// Bytes that are written as they stand, well-formed or not.
    Raw(Vec<u8>),
}

/// A text string.
pub fn text(value: &str) -> Cbor {
    Cbor::Text(value.to_owned())
}

/// A byte string.
pub fn bytes(value: impl AsRef<[u8]>) -> Cbor {
    Cbor::Bytes(value.as_ref().to_vec())
}

/// A map with text keys.
pub fn map<const N: usize>(entries: [(&str, Cbor); N]) -> Cbor {
    Cbor::Map(
        entries
            .into_iter()
            .map(|(key, value)| (text(key), value))
            .collect(),
    )
}

impl From<i64> for Cbor {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Cbor {
    fn from(value: &str) -> Self {
        text(value)
    }
}

impl Cbor {
    /// The encoding, with every length in its shortest form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(&mut out);
        out
    }

    /// Puts `value` under `key`, in place if the key is there and at the end if not.
    ///
    /// # Panics
    ///
    /// If this is not a map.
    pub fn set(&mut self, key: impl Into<Cbor>, value: Cbor) {
        let key = key.into();
        let entries = self.entries();
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key, value)),
        }
    }

    /// Takes the entry under `key` away.
    ///
    /// # Panics
    ///
    /// If this is not a map.
    pub fn remove(&mut self, key: impl Into<Cbor>) {
        let key = key.into();
        self.entries().retain(|(known, _)| *known != key);
    }

    /// The entries of a map.
    ///
    /// # Panics
    ///
    /// If this is not a map.
    pub fn entries(&mut self) -> &mut Vec<(Cbor, Cbor)> {
        match self {
            Self::Map(entries) => entries,
            other => panic!("not a map: {other:?}"),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Int(value @ 0..) => head(out, 0, value.unsigned_abs()),
            Self::Int(value) => head(out, 1, value.unsigned_abs() - 1),
            Self::Bytes(bytes) => {
                head(out, 2, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(out, 3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Array(items) => {
                head(out, 4, items.len() as u64);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                head(out, 5, entries.len() as u64);
                for (key, value) in entries {
                    key.write(out);
                    value.write(out);
                }
            }
            Self::Bool(value) => out.push(0xf4 + u8::from(*value)),
            Self::Raw(bytes) => out.extend_from_slice(bytes),
        }
    }
}

/// The initial byte of `major` and its argument in the shortest form.
fn head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let bytes = argument.to_be_bytes();
    let (info, length) = match argument {
        0..=23 => return out.push(major << 5 | bytes[7]),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | info);
    out.extend_from_slice(&bytes[8 - length..]);
}
