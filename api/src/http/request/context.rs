//! Who calls, as the first argument of every handler that is not open to all.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::{DateTime, Utc};
use domain::access::Caller;
use domain::id::TraceId;
use futures_util::future::LocalBoxFuture;
use persistence::Context;
use tracing_actix_web::RequestId;
use uuid::Uuid;

use crate::at_once::Running;
use crate::auth::{Presented, PresentedHeader};
use crate::http::request::client_address::client_address;
use crate::problem::{ApiError, Problem, ProblemKind};
use crate::rate_limit::{CallerClass, Decision};
use crate::state::AppState;

/// A request of a caller whose token has been checked and who is within the limits. It counts as running until this is dropped.
pub(crate) struct Call {
    context: Context,
    _running: Running,
}

impl Deref for Call {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

/// A nonce for the caller's next proof, for the middleware that writes the headers.
#[derive(Clone)]
pub(crate) struct OfferedNonce(pub(crate) String);

/// What the caller is told of the limits, for the middleware that writes the headers.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) policy: String,
    pub(crate) decision: Decision,
}

impl FromRequest for Call {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let Some(state) = request.app_data::<Data<AppState>>().cloned() else {
                return Err(ProblemKind::InternalError.into());
            };
            check(&state, &request).await
        })
    }
}

async fn check(state: &AppState, request: &HttpRequest) -> Result<Call, ApiError> {
    let headers = request.headers();
    if let Some(nonce) = state.authenticator.nonce().filter(|_| headers.contains_key("DPoP")) {
        request.extensions_mut().insert(OfferedNonce(nonce));
    }
    let presented = Presented {
        authorization: PresentedHeader::from_values(headers.get_all(AUTHORIZATION)),
        dpop: PresentedHeader::from_values(headers.get_all("DPoP")),
        method: request.method().as_str(),
        path: request.uri().path(),
    };
    let authenticated = Arc::clone(&state.authenticator).authenticate(presented).await?;
    let class = match &authenticated.caller {
        Caller::Citizen { .. } => CallerClass::Citizen,
        Caller::System { .. } => CallerClass::System,
        Caller::HealthWorker { .. } | Caller::Operator { .. } => CallerClass::Other,
    };
    within_limits(state, request, class, &authenticated.rate_key)?;
    let running = state.at_once.enter(class, &authenticated.rate_key)?;
    let context = Context { caller: authenticated.caller.clone(), now: state.clock.now(), trace: trace_of(request) };
    Ok(Call { context, _running: running })
}

fn within_limits(state: &AppState, request: &HttpRequest, class: CallerClass, key: &str) -> Result<(), ApiError> {
    let decision = state.limiter.check(class, key);
    request.extensions_mut().insert(Limits { policy: state.limiter.policy_header(class), decision });
    if decision.allowed {
        return Ok(());
    }
    let seconds = decision.retry_after_seconds.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(1);
    Err(Problem::new(ProblemKind::RateLimited).retry_after_seconds(seconds).into())
}

/// A request that takes no token, of an address that is within the limits. A token that is there all the same is not
/// looked at.
pub(crate) struct Visit {
    /// The time at which the request is answered.
    pub(crate) now: DateTime<Utc>,
}

impl FromRequest for Visit {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let Some(state) = request.app_data::<Data<AppState>>() else {
            return ready(Err(ProblemKind::InternalError.into()));
        };
        let address = client_address(request, &state.proxies).map(|address| address.to_string());
        let key = format!("address:{}", address.unwrap_or_default());
        let limited = within_limits(state, request, CallerClass::Other, &key);
        ready(limited.map(|()| Self { now: state.clock.now() }))
    }
}

/// The id of the request: the same in its log lines, its problem and its audit entries.
fn trace_of(request: &HttpRequest) -> TraceId {
    request.extensions().get::<RequestId>().map_or_else(Uuid::now_v7, |id| Uuid::from(*id)).into()
}
