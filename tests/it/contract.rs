//! The contract: generated, kept in git, whole.

use std::path::Path;

use serde_json::Value;

use crate::operations::OPEN;

/// An operation of the contract.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) value: Value,
}

fn document() -> Value {
    api::openapi::document(true)
}

/// Every operation of the contract.
pub(crate) fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = vec![];
    for (path, item) in paths {
        for (method, value) in
            item.as_object().expect("methods").iter().filter(|(_, value)| value["responses"].is_object())
        {
            let id = value["operationId"].as_str().expect("an operation id").to_owned();
            let mut value = value.clone();
            let parameters = value["parameters"].as_array_mut().into_iter().flatten();
            parameters.for_each(|parameter| inline(&document, parameter));
            let responses = value["responses"].as_object_mut().into_iter().flatten();
            responses.for_each(|(_, response)| inline(&document, response));
            operations.push(Operation { id, method: method.to_uppercase(), path: path.clone(), value });
        }
    }
    operations
}

/// What a reference leads to, in its place.
fn inline(document: &Value, value: &mut Value) {
    if let Some(reference) = value["$ref"].as_str() {
        let pointer = reference.strip_prefix('#').expect("a reference into the document itself");
        *value = document.pointer(pointer).expect("it leads somewhere").clone();
    }
}

#[test]
fn the_contract_in_git_is_the_one_that_is_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.yaml");
    let served = api::openapi::yaml().expect("the contract is YAML");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &served).expect("openapi.yaml can be written");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(kept == served, "openapi.yaml differs from the routes: accept with UPDATE_OPENAPI=1");
}

#[test]
fn every_reference_of_the_contract_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|value| references(value, found));
            }
            Value::Array(items) => items.iter().for_each(|value| references(value, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let document = document();
    let mut found = vec![];
    references(&document, &mut found);

    assert!(found.len() > 50, "{}", found.len());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference into the document itself");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[test]
fn every_operation_tells_what_it_is_for_who_may_call_it_and_how_it_refuses() {
    let document = document();
    let tags: Vec<&str> =
        document["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    assert!(document["security"][0]["bearer"].is_array(), "a token is asked for where nothing else is said");
    for Operation { id, path, value, .. } in operations() {
        let text = |field: &str| value[field].as_str().unwrap_or_else(|| panic!("{id} has no {field}")).to_owned();
        let summary = text("summary");
        assert!(!summary.ends_with('.') && summary.starts_with(char::is_uppercase), "{id}: {summary}");
        assert!(!text("description").is_empty(), "{id}");
        let tag = value["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(&tag), "{id}: {tag}");
        let is_open = OPEN.iter().any(|(open, _)| *open == id);
        assert_eq!(value["security"] == serde_json::json!([{}]), is_open, "{id}: {}", value["security"]);
        for (status, response) in value["responses"].as_object().expect("responses") {
            let is_problem = !response["content"]["application/problem+json"].is_null();
            assert_eq!(is_problem, status == "default" || status.starts_with(['4', '5']), "{id} {status}");
            assert!(response["description"].as_str().is_some_and(|text| !text.is_empty()), "{id} {status}");
        }
        let expected: &[&str] = if is_open { &[] } else { &["401", "403", "404", "429", "503", "default"] };
        for status in expected {
            assert!(value["responses"][*status].is_object(), "{id} tells nothing of {status}");
        }
        let has_body = value["requestBody"].is_object();
        for status in if has_body { &["400", "422", "default"][..] } else { &[] } {
            assert!(value["responses"][*status].is_object(), "{id} tells nothing of {status}");
        }
        let named = path.split('{').skip(1).filter_map(|part| part.split('}').next());
        let parameters = value["parameters"].as_array().cloned().unwrap_or_default();
        for name in named {
            let is_described = |parameter: &Value| parameter["name"] == name && parameter["in"] == "path";
            assert!(parameters.iter().any(is_described), "{id} does not describe {name}");
        }
    }
}

#[test]
fn null_stands_in_requests_only_where_it_says_something() {
    let document = document();
    let takes_null = |schema: &str, field: &str| {
        let property = &document["components"]["schemas"][schema]["properties"][field];
        assert!(property.is_object(), "{schema}.{field}");
        property.to_string().contains("null")
    };
    // Nobody is to answer; the address is removed.
    assert!(takes_null("AssignmentRequest", "member") && takes_null("ContactDetailsRequest", "email"));
    // Left out is all there is to say.
    for (schema, field) in
        [("MessageRequest", "openBy"), ("RelationshipRequest", "responsible"), ("TextRequest", "bodyFormat")]
    {
        assert!(!takes_null(schema, field), "{schema}.{field}");
    }
}

#[test]
fn no_path_and_no_query_takes_an_identity_number() {
    for Operation { id, path, value, .. } in operations() {
        let parameters = value["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter_map(|parameter| parameter["name"].as_str());
        for name in names.chain([path.as_str()]) {
            assert!(!name.to_lowercase().contains("nationalid") && !name.contains("pid"), "{id}: {name}");
        }
    }
}
