//! Claims → caller, for each kind of issuer.

use domain::access::{Assurance, Caller, OperatorRole, Scope};
use domain::identity::{HprNumber, NationalId, NumberSeries, OrganisationNumber};
use domain::organisation::ExternalClientId;
use serde_json::Value;
use strum::VariantArray as _;

use super::claims::Claims;
use super::error::AuthError;
use super::issuer::Preset;

/// The role that makes somebody an operator.
pub(super) const OPERATOR_ROLE: &str = "brevdue-operator";

/// The claim by which a test issuer says for which kind of caller it speaks.
pub(super) const TEST_KIND: &str = "brevdue_kind";

/// The authority of organisation numbers in `consumer` and `supplier`.
pub(super) const ORGANISATION_AUTHORITY: &str = "iso6523-actorid-upis";

/// The names of HelseID's claims.
pub(super) mod helseid {
    pub(in super::super) const IDENTITY: &str = "helseid://claims/identity/";
    pub(in super::super) const PID: &str = "helseid://claims/identity/pid";
    pub(in super::super) const SECURITY_LEVEL: &str = "helseid://claims/identity/security_level";
    pub(in super::super) const HPR_NUMBER: &str = "helseid://claims/hpr/hpr_number";
    pub(in super::super) const ORGANISATION: &str = "helseid://claims/client/claims/orgnr_parent";
    pub(in super::super) const SUPPLIER: &str = "helseid://claims/client/claims/orgnr_supplier";
}

/// Who the token of such an issuer speaks for.
pub(super) fn caller_of(preset: Preset, claims: &Claims, series: NumberSeries) -> Result<Caller, AuthError> {
    match preset {
        Preset::IdPorten => citizen(claims, series),
        Preset::HelseId if claims.get(helseid::PID).is_some() => health_worker(claims, series),
        Preset::HelseId => helseid_system(claims),
        Preset::Maskinporten => maskinporten_system(claims),
        Preset::Operator => operator(claims),
        Preset::Test => match claims.text(TEST_KIND)? {
            "citizen" => citizen(claims, series),
            "healthWorker" => health_worker(claims, series),
            "system" => maskinporten_system(claims),
            "operator" => operator(claims),
            _ => Err(AuthError::ClaimInvalid(TEST_KIND)),
        },
    }
}

fn citizen(claims: &Claims, series: NumberSeries) -> Result<Caller, AuthError> {
    let national_id = national_id(claims, "pid", series)?;
    // ID-porten's own words, and the old ones that an exchange of tokens still writes.
    let assurance = match claims.text("acr")? {
        "idporten-loa-low" | "loa-low" => Assurance::Low,
        "idporten-loa-substantial" | "loa-substantial" | "Level3" => Assurance::Substantial,
        "idporten-loa-high" | "loa-high" | "Level4" => Assurance::High,
        _ => return Err(AuthError::ClaimInvalid("acr")),
    };
    Ok(Caller::Citizen { national_id, assurance })
}

fn health_worker(claims: &Claims, series: NumberSeries) -> Result<Caller, AuthError> {
    let national_id = national_id(claims, helseid::PID, series)?;
    let level = claims.get(helseid::SECURITY_LEVEL).ok_or(AuthError::ClaimMissing(helseid::SECURITY_LEVEL))?;
    let assurance = match (level.as_str(), level.as_u64()) {
        (Some("2"), _) | (_, Some(2)) => Assurance::Low,
        (Some("3"), _) | (_, Some(3)) => Assurance::Substantial,
        (Some("4"), _) | (_, Some(4)) => Assurance::High,
        _ => return Err(AuthError::ClaimInvalid(helseid::SECURITY_LEVEL)),
    };
    let hpr_number = claims
        .optional_text(helseid::HPR_NUMBER)?
        .map(|number| HprNumber::parse(number).map_err(|_| AuthError::ClaimInvalid(helseid::HPR_NUMBER)))
        .transpose()?;
    let organisation = helseid_organisation(claims)?;
    Ok(Caller::HealthWorker { national_id, hpr_number, organisation, assurance })
}

/// A token about a person that does not name them must not pass for a system's.
fn helseid_system(claims: &Claims) -> Result<Caller, AuthError> {
    let client_id = claims.text("client_id")?;
    let has_other_subject = claims.optional_text("sub")?.is_some_and(|subject| subject != client_id);
    let has_session = claims.get("sid").is_some() || claims.get("idp").is_some();
    if has_other_subject || has_session || claims.has_prefix(helseid::IDENTITY) {
        return Err(AuthError::ClaimMissing(helseid::PID));
    }
    let supplier = claims
        .optional_text(helseid::SUPPLIER)?
        .map(|number| OrganisationNumber::parse(number).map_err(|_| AuthError::ClaimInvalid(helseid::SUPPLIER)))
        .transpose()?;
    system(claims, helseid_organisation(claims)?, supplier)
}

fn helseid_organisation(claims: &Claims) -> Result<OrganisationNumber, AuthError> {
    OrganisationNumber::parse(claims.text(helseid::ORGANISATION)?)
        .map_err(|_| AuthError::ClaimInvalid(helseid::ORGANISATION))
}

fn maskinporten_system(claims: &Claims) -> Result<Caller, AuthError> {
    let consumer = iso6523_organisation(claims, "consumer")?.ok_or(AuthError::ClaimMissing("consumer"))?;
    system(claims, consumer, iso6523_organisation(claims, "supplier")?)
}

fn iso6523_organisation(claims: &Claims, name: &'static str) -> Result<Option<OrganisationNumber>, AuthError> {
    let Some(actor) = claims.get(name) else { return Ok(None) };
    if actor.get("authority").and_then(Value::as_str) != Some(ORGANISATION_AUTHORITY) {
        return Err(AuthError::ClaimInvalid(name));
    }
    let id = actor.get("ID").and_then(Value::as_str).ok_or(AuthError::ClaimInvalid(name))?;
    OrganisationNumber::parse_iso6523(id).map(Some).map_err(|_| AuthError::ClaimInvalid(name))
}

fn system(
    claims: &Claims,
    organisation: OrganisationNumber,
    supplier: Option<OrganisationNumber>,
) -> Result<Caller, AuthError> {
    let client_id = claims.text("client_id")?;
    // One that would have to be trimmed first is not the one that was registered.
    let client = ExternalClientId::parse(client_id).ok().filter(|client| client.as_str() == client_id);
    let client = client.ok_or(AuthError::ClaimInvalid("client_id"))?;
    // Scopes of other services beside ours are nothing to us.
    let mut scopes: Vec<Scope> = Vec::new();
    for scope in claims.scopes()?.into_iter().filter_map(|word| word.parse().ok()) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(Caller::System { organisation, supplier, client, scopes })
}

fn operator(claims: &Claims) -> Result<Caller, AuthError> {
    let subject = claims.text("sub")?;
    if claims.get("roles").is_none() {
        return Err(AuthError::ClaimMissing("roles"));
    }
    let words = claims.texts("roles")?;
    if !words.contains(&OPERATOR_ROLE) {
        return Err(AuthError::ClaimInvalid("roles"));
    }
    if subject.is_empty() {
        return Err(AuthError::ClaimInvalid("sub"));
    }
    // Roles of other programs beside ours are nothing to us.
    let roles = OperatorRole::VARIANTS.iter().copied().filter(|role| words.contains(&role.as_word())).collect();
    Ok(Caller::Operator { subject: subject.to_owned(), roles })
}

fn national_id(claims: &Claims, name: &'static str, series: NumberSeries) -> Result<NationalId, AuthError> {
    NationalId::parse(claims.text(name)?, series).map_err(|_| AuthError::ClaimInvalid(name))
}
