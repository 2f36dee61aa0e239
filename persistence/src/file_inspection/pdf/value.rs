//! What a PDF is made of: values and dictionaries.

/// A value, as far as it matters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Value {
    /// A whole number.
    Integer(i64),
    /// A name, without its slash.
    Name(Vec<u8>),
    /// A string.
    Text(Vec<u8>),
    /// The number and generation of an object.
    Reference(u32, u16),
    /// The first elements.
    Array(Vec<Self>),
    /// A dictionary.
    Dictionary(Dictionary),
    /// `null`, and what is out of place.
    Nothing,
    /// `false`.
    False,
    /// Any other: a broken number, a word.
    Other,
}

impl Value {
    pub(super) fn is_name(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name.as_bytes())
    }

    /// Whether nothing is there: `null`, or an array or dictionary of nothing.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Array(elements) => elements.is_empty(),
            Self::Dictionary(Dictionary(entries)) => entries.is_empty(),
            Self::Integer(_) | Self::Name(_) | Self::Text(_) => false,
            Self::Reference(..) | Self::False | Self::Other => false,
        }
    }
}

/// The entries of a dictionary in their order. A key may be there twice; programs disagree about which one counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Dictionary(Vec<(Vec<u8>, Value)>);

impl Dictionary {
    pub(super) fn all<'d>(&'d self, key: &'d str) -> impl Iterator<Item = &'d Value> {
        self.0.iter().filter(move |(own, _)| own == key.as_bytes()).map(|(_, value)| value)
    }

    /// The value of a key that is there once.
    pub(super) fn one(&self, key: &str) -> Option<&Value> {
        let mut entries = self.0.iter().filter(|(own, _)| own == key.as_bytes());
        match (entries.next(), entries.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.all(key).next().is_some()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    pub(super) fn integer(&self, key: &str) -> Option<i64> {
        match self.one(key) {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn text(&self, key: &str) -> Option<&[u8]> {
        match self.one(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Pairs keys and values as readers do: what stands where a key should and is no name is passed over.
    pub(super) fn of(elements: Vec<Value>) -> Self {
        let mut entries = Vec::with_capacity(elements.len() / 2);
        let mut elements = elements.into_iter();
        while let Some(key) = elements.next() {
            if let Value::Name(key) = key {
                entries.push((key, elements.next().unwrap_or(Value::Nothing)));
            }
        }
        Self(entries)
    }
}
