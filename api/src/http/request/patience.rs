//! How long a request waits for the store.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::state::AppState;

/// Gives every request up that has waited for the store too long. What a request waits for besides does not count: the bytes
/// of a file, the next event.
pub(crate) async fn middleware<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    match request.app_data::<Data<AppState>>().map(|state| state.answer_timeout) {
        Some(limit) => persistence::within(limit, next.call(request)).await,
        None => next.call(request).await,
    }
}
