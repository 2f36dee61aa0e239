//! What routing said of a message, as it is stored: at its acceptance beside the message, and after that step by step.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use domain::id::ServiceId;
use domain::message::{RouteStep, Status};
use domain::routing::{Channel, PassedOver, Reason, Routed};

use super::CORRUPT;
use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, on};
use crate::error::StoreError;
use crate::schema::sending_step;

/// The word for no channel.
const NONE: &str = "none";

rows! {
    /// What routing said when it was asked again.
    StepRow, StepColumns => sending_step {
        service_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        id: Id as SqlUuid,
        status: &'static str as Text,
        channel: &'static str as Text,
        rule: &'static str as Text,
        reasons: String as Text,
        at: Time as SqlTime,
    }
}

impl StepRow {
    pub(crate) fn new(service: Id, message: Id, status: Status, routed: &Routed, at: DateTime<Utc>) -> Self {
        Self {
            service_id: service,
            message_id: message,
            id: new_id(),
            status: status.as_word(),
            channel: channel_word(routed.channel),
            rule: routed.rule.id(),
            reasons: reasons_text(routed),
            at: Time(at),
        }
    }
}

/// A channel, or none, as it is stored.
pub(crate) fn channel_word(channel: Option<Channel>) -> &'static str {
    channel.map_or(NONE, Channel::as_word)
}

/// A channel, or none, out of what is stored.
pub(crate) fn channel_from(word: &str) -> Result<Option<Channel>, StoreError> {
    if word == NONE { Ok(None) } else { Ok(Some(word.parse().map_err(|_| CORRUPT)?)) }
}

/// Why, and why not each other channel: `inboxOpen digitalMailbox:inboxFirst paper:inboxFirst`.
pub(crate) fn reasons_text(routed: &Routed) -> String {
    let against = routed.passed_over.iter().map(|of| format!("{}:{}", of.channel.as_word(), of.reason.as_word()));
    let why = routed.reason.map(|reason| reason.as_word().to_owned());
    why.into_iter().chain(against).collect::<Vec<_>>().join(" ")
}

pub(super) fn routed_from(channel: &str, rule: &str, reasons: &str) -> Result<Routed, StoreError> {
    let mut words = reasons.split_whitespace();
    let reason = words.next().map(|word| word.parse::<Reason>().map_err(|_| CORRUPT)).transpose()?;
    let against = words.map(|word| {
        let (channel, reason) = word.split_once(':').ok_or(CORRUPT)?;
        let (channel, reason) = (channel.parse().map_err(|_| CORRUPT)?, reason.parse().map_err(|_| CORRUPT)?);
        Ok(PassedOver { channel, reason })
    });
    Ok(Routed {
        channel: channel_from(channel)?,
        rule: rule.parse().map_err(|_| CORRUPT)?,
        reason,
        passed_over: against.collect::<Result<_, StoreError>>()?,
    })
}

/// The steps of a service's messages, those of each in order.
pub(super) fn steps_of(
    connection: &mut Connection,
    service: ServiceId,
    messages: &[Id],
) -> Result<HashMap<Id, Vec<RouteStep>>, StoreError> {
    let rows = on!(connection, c => sending_step::table
        .filter(sending_step::service_id.eq(service.key()))
        .filter(sending_step::message_id.eq_any(messages))
        .order((sending_step::message_id, sending_step::id))
        .select((
            sending_step::message_id,
            sending_step::status,
            (sending_step::channel, sending_step::rule, sending_step::reasons),
            sending_step::at,
        ))
        .load::<(Id, String, (String, String, String), Time)>(c))?;
    let mut steps: HashMap<Id, Vec<RouteStep>> = HashMap::new();
    for (message, status, (channel, rule, reasons), at) in rows {
        let status = status.parse().map_err(|_| CORRUPT)?;
        let routed = routed_from(&channel, &rule, &reasons)?;
        steps.entry(message).or_default().push(RouteStep { status, at: at.0, routed });
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use domain::rule::Rule;

    use super::*;

    #[test]
    fn what_routing_said_is_read_back_as_it_was_written() {
        let said = [
            Routed {
                channel: Some(Channel::Paper),
                rule: Rule::Krr4,
                reason: Some(Reason::Reserved),
                passed_over: vec![
                    PassedOver { channel: Channel::Inbox, reason: Reason::Reserved },
                    PassedOver { channel: Channel::DigitalMailbox, reason: Reason::Reserved },
                ],
            },
            Routed { channel: None, rule: Rule::Krr15, reason: Some(Reason::ContactUnknown), passed_over: vec![] },
            // From before reasons were kept.
            Routed { channel: Some(Channel::Inbox), rule: Rule::Hn4, reason: None, passed_over: vec![] },
        ];
        for routed in said {
            let (channel, reasons) = (channel_word(routed.channel), reasons_text(&routed));
            assert_eq!(routed_from(channel, routed.rule.id(), &reasons).ok(), Some(routed));
        }
        assert!(routed_from("paper", "KRR-4", "reserved inbox").is_err());
    }
}
