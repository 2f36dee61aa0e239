//! Who a person is. It is not sealed under the key of their mailbox: services that keep their copies of what was written must know
//! whose they are, also when the mailbox is gone.

use domain::id::MailboxId;

use super::{Vault, VaultError, associated_data, text_of};

/// What is sealed of a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Identity {
    /// Their identity number.
    Number,
    /// Their name.
    Name,
}

impl Identity {
    // The words below are part of what is stored for years; never change a word.
    const fn as_word(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Name => "name",
        }
    }
}

impl Vault {
    /// Seals who the owner of a mailbox is.
    #[must_use]
    pub(crate) fn seal_identity(&self, mailbox: MailboxId, what: Identity, text: &str) -> Vec<u8> {
        self.seal_under_data(&place(mailbox, what), text.as_bytes())
    }

    /// Opens what [`Vault::seal_identity`] made.
    ///
    /// # Errors
    /// It is of somebody else, is something else, is damaged, or of an epoch that is gone.
    pub(crate) fn open_identity(
        &self,
        mailbox: MailboxId,
        what: Identity,
        sealed: &[u8],
    ) -> Result<String, VaultError> {
        text_of(self.open_under_data(&place(mailbox, what), sealed)?)
    }
}

fn place(mailbox: MailboxId, what: Identity) -> Vec<u8> {
    associated_data(&[b"identity", mailbox.as_uuid().as_bytes(), what.as_word().as_bytes()])
}
