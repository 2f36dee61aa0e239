//! What no route takes: a path that does not exist, or one that does not take the method.

use actix_router::ResourceDef;
use actix_web::http::header::ALLOW;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError as _};
use utoipa::openapi::path::PathItem;

use crate::openapi::Contract;
use crate::problem::{ApiError, ProblemKind};

/// The paths of the contract, each with its methods.
pub(crate) struct KnownPaths(Vec<(ResourceDef, String)>);

impl KnownPaths {
    /// Reads them out of the contract.
    pub(crate) fn of(document: &utoipa::openapi::OpenApi) -> Self {
        let paths = document.paths.paths.iter();
        Self(paths.map(|(path, item)| (ResourceDef::new(path.as_str()), methods(item))).collect())
    }

    fn allowed(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|(definition, _)| definition.is_match(path)).map(|(_, methods)| methods.as_str())
    }
}

fn methods(item: &PathItem) -> String {
    let all = [
        ("GET", item.get.is_some()),
        ("POST", item.post.is_some()),
        ("PUT", item.put.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    all.iter().filter(|(_, there)| *there).map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

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
