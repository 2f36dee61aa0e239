//! Figures about requests: how many, how long, by operation and status. Never by person.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;

/// Counts a request under the pattern of its path: ids never become labels.
pub(crate) async fn middleware(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let response = next.call(request).await?;
    let path = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let method = response.request().method().as_str().to_owned();
    let status = response.status().as_u16().to_string();
    let labels = [("path", path), ("method", method), ("status", status)];
    metrics::histogram!("brevdue_http_request_seconds", &labels).record(began.elapsed().as_secs_f64());
    Ok(response)
}
