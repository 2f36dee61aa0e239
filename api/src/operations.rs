//! All operations that there are.

use utoipa_actix_web::service_config::ServiceConfig;

use crate::{http, sandbox_http};

/// Adds every operation. Those of the sandbox are there only where it is.
pub(crate) fn all(with_sandbox: bool) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        http::routes(config);
        if with_sandbox {
            sandbox_http::routes(config);
        }
    }
}
