//! Service areas: what a power of attorney can cover (FUL-3).

use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, get, put};
use domain::organisation::Name;
use domain::power_of_attorney::ServiceArea;
use domain::service_area::{AreaNames, NamedServiceArea};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::request::context::Call;
use crate::http::request::input::{Field, JsonBody, Unknown, Violations};
use crate::http::request::page::ListView;
use crate::problem::responses::{BodyProblems, CallProblems};
use crate::problem::{ApiError, ProblemKind};
use crate::state::AppState;

/// What a service area is called.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceAreaRequest {
    /// In Bokmål, of at most 200 characters.
    #[schema(value_type = String, max_length = 200, example = "Digitale helsetjenester")]
    nb: Field<String>,
    /// In Nynorsk.
    #[schema(value_type = String, max_length = 200, example = "Digitale helsetenester")]
    nn: Field<String>,
    /// In English.
    #[schema(value_type = String, max_length = 200, example = "Digital health services")]
    en: Field<String>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: Unknown,
}

/// A service area that a power of attorney can cover.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceAreaView {
    /// Its code, as in `areas` of a power of attorney. The inbox takes area 3 (FUL-4).
    #[schema(example = 3)]
    code: i16,
    /// In Bokmål.
    #[schema(example = "Digitale helsetjenester")]
    nb: String,
    /// In Nynorsk.
    #[schema(example = "Digitale helsetenester")]
    nn: String,
    /// In English.
    #[schema(example = "Digital health services")]
    en: String,
}

impl From<NamedServiceArea> for ServiceAreaView {
    fn from(NamedServiceArea { code, names }: NamedServiceArea) -> Self {
        let AreaNames { bokmal, nynorsk, english } = names;
        Self {
            code: code.0,
            nb: bokmal.as_str().to_owned(),
            nn: nynorsk.as_str().to_owned(),
            en: english.as_str().to_owned(),
        }
    }
}

/// List the service areas
///
/// What a power of attorney can cover, in the order of the codes.
#[utoipa::path(
    operation_id = "serviceAreaList",
    tag = "Powers of attorney",
    responses((status = 200, description = "All areas.", body = ListView<ServiceAreaView>), CallProblems),
)]
#[get("/v1/service-areas")]
pub(crate) async fn service_area_list(_call: Call, state: Data<AppState>) -> Result<HttpResponse, ApiError> {
    let areas = state.store.service_area_list().await?;
    Ok(HttpResponse::Ok().json(ListView::whole(areas, ServiceAreaView::from)))
}

/// Name a service area
///
/// One with a new code can be chosen in powers of attorney from now on. For operators.
#[utoipa::path(
    operation_id = "serviceAreaPut",
    tag = "Powers of attorney",
    params(("code" = i16, Path, description = "The code of the area: 1 to 32767.", minimum = 1, example = 1)),
    request_body = ServiceAreaRequest,
    responses((status = 200, description = "The area.", body = ServiceAreaView), CallProblems, BodyProblems),
)]
#[put("/v1/service-areas/{code}")]
pub(crate) async fn service_area_put(
    call: Call,
    state: Data<AppState>,
    path: Path<String>,
    body: JsonBody<ServiceAreaRequest>,
) -> Result<HttpResponse, ApiError> {
    let code: i16 = path.parse().ok().filter(|code| *code >= 1).ok_or(ProblemKind::NotFound)?;
    let names = names(body.value)?;
    let area = state.store.service_area_put(&call, ServiceArea(code), names).await?;
    Ok(HttpResponse::Ok().json(ServiceAreaView::from(area)))
}

fn names(request: ServiceAreaRequest) -> Result<AreaNames, ApiError> {
    let ServiceAreaRequest { nb, nn, en, unknown } = request;
    let mut violations = Violations::new();
    let nb = violations.required("/nb", nb);
    let bokmal = violations.parse("/nb", nb, Name::parse);
    let nn = violations.required("/nn", nn);
    let nynorsk = violations.parse("/nn", nn, Name::parse);
    let en = violations.required("/en", en);
    let english = violations.parse("/en", en, Name::parse);
    violations.unknown("", &unknown);
    let (Some(bokmal), Some(nynorsk), Some(english)) = (bokmal, nynorsk, english) else {
        return Err(violations.into_error());
    };
    violations.finish().map(|()| AreaNames { bokmal, nynorsk, english })
}
