//! What routing said, as senders are shown it.

mod words;

use std::borrow::Cow;

use domain::routing::{PassedOver, Reason};
use serde::Serialize;
use utoipa::ToSchema;

pub(super) use self::words::text;
use crate::language::Language;
use crate::vocabulary::Channel;

/// A channel that was not chosen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PassedOverView {
    /// The channel: `inbox`, `digitalMailbox` or `paper`.
    #[schema(value_type = Channel, example = "digitalMailbox")]
    channel: &'static str,
    /// The rule that stood against it.
    #[schema(example = "HK-7")]
    rule: &'static str,
    /// What stood against it.
    #[schema(example = "noMailbox")]
    reason: &'static str,
    /// The same in words, in the language of the request. That an inbox is closed has one text, whatever closes it.
    #[schema(value_type = String, example = "Mottakeren har ikke valgt digital postkasse.")]
    text: Cow<'static, str>,
}

impl PassedOverView {
    fn of(PassedOver { channel, reason }: PassedOver, language: Language) -> Self {
        Self {
            channel: channel.as_word(),
            rule: reason.rule().id(),
            reason: reason.as_word(),
            text: text(reason, language),
        }
    }
}

/// Every channel that was not chosen.
pub(super) fn passed_over(passed_over: Vec<PassedOver>, language: Language) -> Vec<PassedOverView> {
    passed_over.into_iter().map(|of| PassedOverView::of(of, language)).collect()
}

/// Why, as a word and in words.
pub(super) fn why(reason: Option<Reason>, language: Language) -> (Option<&'static str>, Option<Cow<'static, str>>) {
    (reason.map(Reason::as_word), reason.map(|reason| text(reason, language)))
}
