//! Errors as lines of the log show them.

use std::error::Error;
use std::fmt;

/// An error and its causes, in one line. As a field of its own an error shows in JSON without its causes, which is where the trouble
/// stands.
pub struct Chain<'e>(pub &'e (dyn Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(error) = self;
        write!(f, "{error}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_is_named() {
        #[derive(Debug, thiserror::Error)]
        #[error("the statement failed")]
        struct Outer(#[source] std::io::Error);

        let error = Outer(std::io::Error::other("connection closed"));

        assert_eq!(Chain(&error).to_string(), "the statement failed: connection closed");
    }
}
