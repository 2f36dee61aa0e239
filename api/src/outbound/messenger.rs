//! What sends a notice, whatever is behind it.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;

use domain::id::NoticeId;
use domain::notification::NoticeChannel;
use futures_util::future::BoxFuture;

/// A notice as it goes out.
pub(crate) struct OutgoingNotice {
    /// What the other side is to know it by, so that it can drop what it gets twice.
    pub(crate) id: NoticeId,
    /// The number or address.
    pub(crate) to: String,
    /// The line of an e-mail; an SMS has none.
    pub(crate) subject: Cow<'static, str>,
    /// What it says.
    pub(crate) text: String,
}

/// Why a notice was not sent, or may not have been.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// No connection: the other side has nothing of it.
    #[error("not reached")]
    Unreached(#[source] Box<dyn Error + Send + Sync>),
    /// No answer, or one that does not say that it was taken. It may have been.
    #[error("no answer that says that it was taken")]
    Away(#[source] Box<dyn Error + Send + Sync>),
    /// It is not taken, and will not be: a number that is none, an address that does not exist.
    #[error("not taken")]
    Refused(#[source] Box<dyn Error + Send + Sync>),
    /// It is not taken, for the other side does not know whom it is for.
    #[error("the recipient is not known there")]
    Unknown(#[source] Box<dyn Error + Send + Sync>),
}

impl From<reqwest::Error> for SendError {
    fn from(error: reqwest::Error) -> Self {
        // Addresses of ours may hold what is nobody's business.
        let error = error.without_url();
        if error.is_connect() { Self::Unreached(error.into()) } else { Self::Away(error.into()) }
    }
}

/// What sends notices over one channel.
pub(crate) trait Messenger: Send + Sync {
    /// Sends a notice. It may be called again with the same one.
    fn send<'a>(&'a self, notice: &'a OutgoingNotice) -> BoxFuture<'a, Result<(), SendError>>;
}

/// What there is to send notices with.
#[derive(Clone, Default)]
pub(crate) struct Messengers {
    pub(crate) sms: Option<Arc<dyn Messenger>>,
    pub(crate) email: Option<Arc<dyn Messenger>>,
}

impl Messengers {
    /// The one for a channel, where it is set up.
    pub(crate) fn of(&self, channel: NoticeChannel) -> Option<&dyn Messenger> {
        match channel {
            NoticeChannel::Sms => self.sms.as_deref(),
            NoticeChannel::Email => self.email.as_deref(),
        }
    }
}
