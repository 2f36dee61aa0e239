//! What operators have done. For operators with the role.

use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use persistence::{OperatorAct, OperatorActFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::mailbox::access_log::ActWord;
use crate::http::request::context::Call;
use crate::http::request::input::{Field, QueryInput, Unknown};
use crate::http::request::page::{ListView, page};
use crate::problem::ApiError;
use crate::problem::responses::{CallProblems, QueryProblems};
use crate::state::AppState;
use crate::vocabulary::Outcome;

/// Which acts are listed.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct OperatorActQuery {
    /// At most this many items.
    #[serde(default)]
    #[param(value_type = Option<u16>, minimum = 1, maximum = 200, default = 50)]
    limit: Field<String>,
    /// `nextCursor` of the page before.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    cursor: Field<String>,
    /// At this time or later.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    after: Field<String>,
    /// Before this time.
    #[serde(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    before: Field<String>,
    /// Of this operator alone, as the token issuer knows them.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    operator: Field<String>,
    #[serde(flatten)]
    #[param(ignore)]
    unknown: Unknown,
}

/// An act of an operator, or an attempt.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatorActView {
    id: Uuid,
    /// When.
    at: DateTime<Utc>,
    /// Who, as the token issuer knows them.
    #[schema(required, example = "sandbox-operator")]
    operator: Option<String>,
    /// What.
    #[schema(value_type = ActWord, example = "registerPowerOfAttorney")]
    action: String,
    /// The organisation whose registration it was about; null for all else.
    #[schema(required)]
    organisation_id: Option<Uuid>,
    /// The kind of what it was done with; null where there is no such thing.
    #[schema(required, example = "powerOfAttorney")]
    object_type: Option<String>,
    /// Its id.
    #[schema(required)]
    object_id: Option<Uuid>,
    /// `granted` or `refused`.
    #[schema(value_type = Outcome, example = "granted")]
    outcome: String,
    /// The rule that decided.
    #[schema(example = "PJL-22")]
    ground: String,
}

impl From<OperatorAct> for OperatorActView {
    fn from(act: OperatorAct) -> Self {
        let OperatorAct { id, at, operator, action, organisation, object, outcome, rule } = act;
        let (object_type, object_id) = object.unzip();
        Self { id, at, operator, action, organisation_id: organisation, object_type, object_id, outcome, ground: rule }
    }
}

/// List what operators have done
///
/// Newest first: every act with registrations, powers of attorney on record and background work, every look at them, and every attempt.
/// Whoever watches over operators sees here who has registered and who has confirmed what. Nothing of it tells of a citizen. For operators
/// with the role `brevdue-see-operators`.
#[utoipa::path(
    operation_id = "operatorActList",
    tag = "Operation",
    params(OperatorActQuery),
    responses(
        (status = 200, description = "A page of acts.", body = ListView<OperatorActView>),
        CallProblems,
        QueryProblems,
    ),
)]
#[get("/v1/operator-acts")]
pub(crate) async fn operator_act_list(
    call: Call,
    state: Data<AppState>,
    query: QueryInput<OperatorActQuery>,
) -> Result<HttpResponse, ApiError> {
    let QueryInput { value: OperatorActQuery { limit, cursor, after, before, operator, unknown }, mut violations } =
        query;
    let page = page(&mut violations, limit, cursor);
    let after = violations.optional("?after", after);
    let after = violations.time("?after", after);
    let before = violations.optional("?before", before);
    let before = violations.time("?before", before);
    let operator = violations.optional("?operator", operator);
    violations.unknown("?", &unknown);
    violations.finish()?;
    let filter = OperatorActFilter { after, before, operator };
    let slice = state.store.operator_act_list(&call, filter, page).await?;
    Ok(HttpResponse::Ok().json(ListView::of(slice, OperatorActView::from)))
}
