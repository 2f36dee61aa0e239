//! Writes the bodies of all errors, at the one place that every response passes.

use std::fmt;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use persistence::Chain;
use tracing_actix_web::RequestId;

use super::body::Reader;
use super::{ApiError, Problem, ProblemKind};
use crate::language::Language;

/// Turns every response from 400 on into `application/problem+json`, and logs it once; what is the program's fault
/// with the chain of causes. It wraps everything but the tracing of requests, which gives the trace id.
pub(crate) async fn middleware<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let reader = Reader {
        language: Language::of_request(&request),
        trace_id: request.extensions().get::<RequestId>().copied().map(Into::into),
        is_head: Reader::is_head(request.method()),
    };
    match next.call(request).await {
        Ok(response) if is_error(response.status()) => Ok(written(&reader, response)),
        Ok(response) => Ok(response.map_into_left_body()),
        Err(error) => {
            let refused = error.error_response();
            let problem = problem_of(&refused);
            log(&problem, Some(&error));
            Err(Written { reader, problem, headers: refused.headers().clone() }.into())
        }
    }
}

fn is_error(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

fn written<B>(reader: &Reader, response: ServiceResponse<B>) -> ServiceResponse<EitherBody<B>> {
    let (request, response) = response.into_parts();
    let problem = problem_of(&response);
    log(&problem, response.error());
    let response = reader.respond(&problem, response.headers());
    ServiceResponse::new(request, response).map_into_right_body()
}

fn problem_of<B>(response: &HttpResponse<B>) -> Problem {
    response
        .extensions()
        .get::<Problem>()
        .cloned()
        .unwrap_or_else(|| Problem::new(ProblemKind::of_status(response.status())))
}

/// One line for each answer from 400 on: the span that it stands in has the id of the answer's `instance`. Errors of others than
/// ourselves are named by their own text alone, which holds nothing of the request.
fn log(problem: &Problem, error: Option<&Error>) {
    let (slug, status) = (problem.kind.slug(), problem.kind.status());
    if !status.is_server_error() {
        tracing::info!(problem = slug, http.status_code = status.as_u16(), "a request was refused");
        return;
    }
    let chain = match error.map(|error| (error.as_error::<ApiError>(), error)) {
        Some((Some(ours), _)) => Chain(ours).to_string(),
        Some((None, other)) => other.to_string(),
        None => String::new(),
    };
    tracing::error!(problem = slug, http.status_code = status.as_u16(), error = chain, "a request failed");
}

/// An error that another middleware raised, already translated: no request is left from which to make a response.
struct Written {
    reader: Reader,
    problem: Problem,
    headers: HeaderMap,
}

impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.problem.kind.slug())
    }
}

impl fmt::Debug for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ResponseError for Written {
    fn status_code(&self) -> StatusCode {
        self.problem.kind.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.reader.respond(&self.problem, &self.headers)
    }
}
