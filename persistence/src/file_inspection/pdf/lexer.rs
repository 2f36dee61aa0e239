//! The values of a PDF: names as they are meant (`/J#61vaScript`), strings, dictionaries, references (ISO 32000-2, 7.2
//! and 7.3). What does not matter to the judgement is read over.
//!
//! As forgiving as readers are: what is not closed ends with the file, what is out of place is passed over. Nothing here
//! calls itself, so that no depth of nesting exhausts the stack.

use domain::attachment::FileFault;

use super::value::{Dictionary, Value};

/// The longest name or string that is kept; the rest is read over. Those that matter here are shorter.
const MAX_KEPT_BYTES: usize = 1024;
/// An array keeps its first elements and its last, which a reference may still need.
const MAX_KEPT_ELEMENTS: usize = 128;
/// Values of one object that are kept at the same time.
const MAX_KEPT_VALUES: usize = 200_000;
/// Documents nest some ten deep.
const MAX_DEPTH: usize = 256;

/// Takes each dictionary when it is complete, also those within others.
pub(super) type OnDictionary<'f> = &'f mut dyn FnMut(&Dictionary) -> Result<(), FileFault>;

enum Token<'a> {
    Value(Value),
    Open(Kind),
    Close(Kind),
    Word(&'a [u8]),
    End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    Dictionary,
}

/// Reads values from a place on.
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Where the next byte is.
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// Reads one value. None where a word stands in its place, or nothing.
    pub(super) fn value(&mut self, on_dictionary: OnDictionary<'_>) -> Result<Option<Value>, FileFault> {
        let mut open: Vec<(Kind, Vec<Value>)> = vec![];
        let mut kept = 0_usize;
        loop {
            let value = match self.token() {
                Token::Value(value) => value,
                Token::Open(_) if open.len() >= MAX_DEPTH => return Err(FileFault::Uncheckable),
                Token::Open(kind) => {
                    open.push((kind, vec![]));
                    continue;
                }
                // A sign that closes another thing than is open is passed over.
                Token::Close(kind) if open.last().is_some_and(|(last, _)| *last != kind) => Value::Other,
                Token::Close(_) | Token::End => match close(&mut open, on_dictionary)? {
                    Some(value) => value,
                    None => return Ok(None),
                },
                Token::Word(_) if open.is_empty() => return Ok(None),
                Token::Word(b"R") => {
                    if let Some((_, elements)) = open.last_mut() {
                        refer(elements);
                    }
                    continue;
                }
                Token::Word(b"null") => Value::Nothing,
                Token::Word(b"false") => Value::False,
                Token::Word(_) => Value::Other,
            };
            let Some((kind, elements)) = open.last_mut() else { return Ok(Some(value)) };
            elements.push(value);
            kept += 1;
            if *kind == Kind::Array && elements.len() >= MAX_KEPT_ELEMENTS {
                let dropped = elements.drain(MAX_KEPT_ELEMENTS / 2..elements.len() - 2).len();
                kept = kept.saturating_sub(dropped);
            }
            if kept > MAX_KEPT_VALUES {
                return Err(FileFault::Uncheckable);
            }
        }
    }

    /// The next token, if it is this word; then it is read.
    pub(super) fn takes(&mut self, word: &[u8]) -> bool {
        let start = self.at;
        let found = matches!(self.token(), Token::Word(found) if found == word);
        if !found {
            self.at = start;
        }
        found
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn token(&mut self) -> Token<'a> {
        self.skip_space();
        let Some(first) = self.peek() else { return Token::End };
        let second = self.bytes.get(self.at + 1).copied();
        self.at += 1;
        match (first, second) {
            (b'/', _) => Token::Value(Value::Name(self.name())),
            (b'(', _) => Token::Value(Value::Text(self.text())),
            (b'<', Some(b'<')) => self.pair(Token::Open(Kind::Dictionary)),
            (b'>', Some(b'>')) => self.pair(Token::Close(Kind::Dictionary)),
            (b'<', _) => Token::Value(Value::Text(self.hex_text())),
            (b'[', _) => Token::Open(Kind::Array),
            (b']', _) => Token::Close(Kind::Array),
            (b'0'..=b'9' | b'+' | b'-' | b'.', _) => Token::Value(self.number()),
            (b'>' | b')' | b'{' | b'}', _) => Token::Value(Value::Other),
            _ => self.word(),
        }
    }

    const fn pair(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        token
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = &self.bytes[self.at..];
                self.at += rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
    }

    fn name(&mut self) -> Vec<u8> {
        let mut name = vec![];
        while let Some(byte) = self.peek().filter(|byte| is_regular(*byte)) {
            self.at += 1;
            let digit = |at: usize| self.bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
            let byte = match (byte, digit(self.at), digit(self.at + 1)) {
                (b'#', Some(high), Some(low)) => {
                    self.at += 2;
                    (high * 16 + low) as u8
                }
                _ => byte,
            };
            keep(&mut name, byte);
        }
        name
    }

    fn text(&mut self) -> Vec<u8> {
        let mut text = vec![];
        let mut depth = 1_usize;
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' if depth == 1 => break,
                b')' => depth -= 1,
                b'\\' => {
                    self.escaped(&mut text);
                    continue;
                }
                _ => {}
            }
            keep(&mut text, byte);
        }
        text
    }

    fn escaped(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.at += 1;
        match byte {
            b'n' => keep(text, b'\n'),
            b'r' => keep(text, b'\r'),
            b't' => keep(text, b'\t'),
            b'b' => keep(text, 8),
            b'f' => keep(text, 12),
            // The line goes on.
            b'\n' => {}
            b'\r' => self.at += usize::from(self.peek() == Some(b'\n')),
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    self.at += 1;
                    code = code * 8 + u32::from(digit - b'0');
                }
                keep(text, code as u8);
            }
            other => keep(text, other),
        }
    }

    fn hex_text(&mut self) -> Vec<u8> {
        let mut text = vec![];
        let mut half = None;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'>' {
                break;
            }
            let Some(digit) = char::from(byte).to_digit(16) else { continue };
            match half.take() {
                Some(high) => keep(&mut text, (high * 16 + digit) as u8),
                None => half = Some(digit),
            }
        }
        if let Some(high) = half {
            keep(&mut text, (high * 16) as u8);
        }
        text
    }

    fn number(&mut self) -> Value {
        let start = self.at - 1;
        while self.peek().is_some_and(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')) {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.bytes[start..self.at]).ok();
        digits.and_then(|digits| digits.parse().ok()).map_or(Value::Other, Value::Integer)
    }

    fn word(&mut self) -> Token<'a> {
        let start = self.at - 1;
        while self.peek().is_some_and(is_regular) {
            self.at += 1;
        }
        Token::Word(&self.bytes[start..self.at])
    }
}

/// Closes what was opened last. None where nothing is open.
fn close(open: &mut Vec<(Kind, Vec<Value>)>, on_dictionary: OnDictionary<'_>) -> Result<Option<Value>, FileFault> {
    Ok(match open.pop() {
        Some((Kind::Dictionary, elements)) => {
            let dictionary = Dictionary::of(elements);
            on_dictionary(&dictionary)?;
            Some(Value::Dictionary(dictionary))
        }
        Some((Kind::Array, elements)) => Some(Value::Array(elements)),
        None => None,
    })
}

/// `12 0 R`: makes a reference of the last two numbers.
fn refer(elements: &mut Vec<Value>) {
    if let [.., Value::Integer(number), Value::Integer(generation)] = elements.as_slice()
        && let (Ok(number), Ok(generation)) = (u32::try_from(*number), u16::try_from(*generation))
    {
        elements.truncate(elements.len() - 2);
        elements.push(Value::Reference(number, generation));
    }
}

fn keep(bytes: &mut Vec<u8>, byte: u8) {
    if bytes.len() < MAX_KEPT_BYTES {
        bytes.push(byte);
    }
}

pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b'\0' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Value> {
        Lexer::new(bytes, 0).value(&mut |_| Ok(())).expect("within bounds")
    }

    fn name(name: &str) -> Value {
        Value::Name(name.into())
    }

    #[test]
    fn values_are_read_as_they_are_meant() {
        let table = [
            ("/J#61vaScript", Some(name("JavaScript"))),
            ("/A#2", Some(name("A#2"))),
            ("% a /comment\r/N", Some(name("N"))),
            ("(a\\)(b)\\101\\\nc)", Some(Value::Text(b"a)(b)Ac".into()))),
            ("<4a 4>", Some(Value::Text(b"J@".into()))),
            ("-12", Some(Value::Integer(-12))),
            ("[1 0 R(x)]", Some(Value::Array(vec![Value::Reference(1, 0), Value::Text(b"x".into())]))),
            ("endobj", None),
            ("", None),
            (">>", None),
        ];
        for (input, expected) in table {
            assert_eq!(read(input.as_bytes()), expected, "{input}");
        }
    }

    #[test]
    fn a_dictionary_is_paired_as_readers_pair_it() {
        let table = ["<</S/Launch>>", "<< 7 /S /Launch", "<</S%x\n/Launch endobj", "<</A[<<]/S/Launch>>"];
        for input in table {
            let mut found = false;
            let on_dictionary = &mut |dictionary: &Dictionary| {
                found |= dictionary.all("S").any(|value| value.is_name("Launch"));
                Ok(())
            };
            Lexer::new(input.as_bytes(), 0).value(on_dictionary).expect("within bounds");
            assert!(found, "{input}");
        }
        let twice = read(b"<</S/A/S/B>>");
        let Some(Value::Dictionary(twice)) = twice else { panic!("{twice:?}") };
        assert_eq!((twice.all("S").count(), twice.one("S")), (2, None));
    }

    #[test]
    fn a_value_without_end_is_given_up() {
        for input in ["[".repeat(1000), format!("<<{}", "/A ".repeat(500_000))] {
            let result = Lexer::new(input.as_bytes(), 0).value(&mut |_| Ok(()));
            assert_eq!(result, Err(FileFault::Uncheckable));
        }
        assert!(read(format!("[{}]", "1 ".repeat(500_000)).as_bytes()).is_some());
    }
}
