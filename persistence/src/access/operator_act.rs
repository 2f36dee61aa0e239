//! What operators have done: each act with the registrations of the platform and with powers of attorney on record, and each attempt.
//! For operators with the role. What an act did to somebody's mailbox stands in that mailbox's own log too, and not here.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::{ActorKind, Subject};
use uuid::Uuid;

use crate::Store;
use crate::context::Context;
use crate::database::literal::word;
use crate::database::{Id, Time, on};
use crate::error::Failure;
use crate::page::{Page, Slice};
use crate::schema::audit_entry;

/// An act of an operator, or an attempt.
#[derive(Clone, Debug)]
pub struct OperatorAct {
    /// The id of its entry.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, as the token issuer knows them.
    pub operator: Option<String>,
    /// What, by the word of the log.
    pub action: String,
    /// The organisation whose registration it was about.
    pub organisation: Option<Uuid>,
    /// What it was done with: the word of its kind, and its id.
    pub object: Option<(String, Uuid)>,
    /// `granted` or `refused`.
    pub outcome: String,
    /// The rule that decided.
    pub rule: String,
}

/// Which acts are asked for. What is not there limits nothing.
#[derive(Clone, Default, Debug)]
pub struct OperatorActFilter {
    /// At this time or later.
    pub after: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
    /// Of this operator alone.
    pub operator: Option<String>,
}

type Row = (Id, Time, Option<String>, String, String, Id, Option<String>, Option<Id>, String, String);

impl Store {
    /// What operators have done, newest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn operator_act_list(
        &self,
        context: &Context,
        filter: OperatorActFilter,
        page: Page,
    ) -> Result<Slice<OperatorAct>, Failure> {
        let action = PlatformAct::LIST_OPERATOR_ACTS;
        self.for_platform(context, action, Subject::Platform, move |inner, connection, _| {
            let list = format!("operator-acts:{filter:?}");
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let OperatorActFilter { after, before: until, operator } = filter;
            let rows = on!(connection, c => {
                let mut query = audit_entry::table
                    .filter(audit_entry::actor_kind.eq(word(ActorKind::Operator.as_word())))
                    .filter(audit_entry::subject_kind.eq_any(["platform", "organisation"]))
                    .filter(audit_entry::id.lt(before.unwrap_or(Id::MAX)))
                    .order(audit_entry::id.desc())
                    .limit(page.fetch_limit())
                    .select((
                        audit_entry::id,
                        audit_entry::at,
                        audit_entry::actor_subject,
                        audit_entry::action,
                        audit_entry::subject_kind,
                        audit_entry::subject_id,
                        audit_entry::object_kind,
                        audit_entry::object_id,
                        audit_entry::outcome,
                        audit_entry::rule,
                    ))
                    .into_boxed();
                if let Some(after) = after {
                    query = query.filter(audit_entry::at.ge(Time(after)));
                }
                if let Some(until) = until {
                    query = query.filter(audit_entry::at.lt(Time(until)));
                }
                if let Some(operator) = &operator {
                    query = query.filter(audit_entry::actor_subject.eq(operator));
                }
                query.load::<Row>(c)
            })?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0);
            Ok((slice.try_map(|row| Ok::<_, Failure>(act_from(row)))?, None))
        })
        .await
    }
}

fn act_from(row: Row) -> OperatorAct {
    let (id, at, operator, action, subject_kind, subject, object_kind, object, outcome, rule) = row;
    OperatorAct {
        id: id.0,
        at: at.0,
        operator,
        action,
        organisation: (subject_kind == "organisation").then_some(subject.0),
        object: object_kind.zip(object.map(|id| id.0)),
        outcome,
        rule,
    }
}
