//! What no route takes: a path that does not exist, or one that does not take the method.

use actix_web::http::header::ALLOW;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};

use crate::contract::Contract;
use crate::problem::{ApiError, ProblemKind};

/// `405` with the methods that the path takes, or `404`.
pub(crate) async fn not_found(request: HttpRequest, contract: Data<Contract>) -> HttpResponse {
    match contract.paths.allowed(request.path()) {
        Some(methods) => {
            let mut response = ApiError::from(ProblemKind::MethodNotAllowed).error_response();
            if let Ok(value) = methods.parse() {
                response.headers_mut().insert(ALLOW, value);
            }
            response
        }
        None => ApiError::from(ProblemKind::NotFound).error_response(),
    }
}
