//! What the derives cannot say, or say again and again, in the form that readers and generators of clients want.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// Problems that many operations answer: the status, how the description begins, and the name by which they share one answer.
const ANSWERS: [(&str, &str, &str); 15] = [
    ("400", "The body", "BadBody"),
    ("400", "The key", "BadKey"),
    ("400", "The query", "BadQuery"),
    ("401", "No token", "Unauthorized"),
    ("403", "The caller", "Forbidden"),
    ("404", "There is no such thing, or", "NotFound"),
    ("404", "There is no such thing.", "NotThere"),
    ("409", "It exists", "Conflict"),
    ("412", "Somebody", "VersionChanged"),
    ("422", "Fields", "InvalidBody"),
    ("422", "The key", "KeyReused"),
    ("422", "Parameters", "InvalidQuery"),
    ("428", "`If-Match`", "VersionRequired"),
    ("429", "Too many requests of", "TooManyRequests"),
    ("503", "Something", "Unavailable"),
];

/// The statuses of problems that are told as one.
const OTHERS: [&str; 4] = ["408", "413", "415", "500"];

/// Headers of answers by their status, and of which of them a client should know.
const HEADERS: [(&str, &[&str]); 4] = [
    ("401", &["WWW-Authenticate"]),
    ("403", &["WWW-Authenticate"]),
    ("429", &["RateLimit", "RateLimit-Policy", "Retry-After"]),
    ("503", &["Retry-After"]),
];

/// Brings a document into shape.
pub(super) fn shape(document: &mut Value) {
    flatten_all(document);
    require_what_is_sent(document);
    let requests = requests(document, |method| method != "patch");
    for name in requests.difference(&self::requests(document, |method| method == "patch")) {
        take_null_from(schema(document, name));
    }
    let all = self::requests(document, |_| true);
    for name in all {
        close(schema(document, &name));
    }
    for_each_operation(document, |_, operation| {
        for parameter in list(operation, "parameters") {
            parameter_in_shape(parameter);
        }
    });
    share_answers(document);
    share_parameters(document);
    name_plainly(document);
    drop_unused(document);
}

/// What was only a part of others is named no more.
fn drop_unused(document: &mut Value) {
    let mut open = vec![];
    references(&document["paths"], &mut open);
    for components in ["responses", "parameters", "headers"] {
        references(&document["components"][components], &mut open);
    }
    let used = reached(document, open);
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
    }
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn for_each_operation(document: &mut Value, mut work: impl FnMut(&str, &mut Value)) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for path in paths {
        for method in METHODS {
            if let Some(operation) = path.get_mut(method) {
                work(method, operation);
            }
        }
    }
}

fn list<'v>(value: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    value.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

fn schema<'d>(document: &'d mut Value, name: &str) -> &'d mut Value {
    &mut document["components"]["schemas"][name]
}

/// The schemas of bodies that are sent with some methods, and all that these are made of.
fn requests(document: &mut Value, of: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut open = vec![];
    for_each_operation(document, |method, operation| {
        if of(method)
            && let Some(body) = operation.get("requestBody")
        {
            references(body, &mut open);
        }
    });
    reached(document, open)
}

/// Some schemas and all that they are made of.
fn reached(document: &Value, mut open: Vec<String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name.clone()) {
            references(&document["components"]["schemas"][&name], &mut open);
        }
    }
    found
}

const SCHEMAS: &str = "#/components/schemas/";

fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|of| of.strip_prefix(SCHEMAS)) {
                found.push(name.to_owned());
            }
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

/// What is put together of others is one object: what is closed could not be part of another.
fn flatten_all(document: &mut Value) {
    let all = document["components"]["schemas"].clone();
    let schemas = document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut);
    schemas.for_each(|schema| flatten(schema, &all));
}

fn flatten(schema: &mut Value, all: &Value) {
    let Some(Value::Array(parts)) = schema.as_object_mut().and_then(|schema| schema.remove("allOf")) else { return };
    for mut part in parts {
        if let Some(name) = part["$ref"].as_str().and_then(|of| of.strip_prefix(SCHEMAS)) {
            part = all[name].clone();
        }
        flatten(&mut part, all);
        for (key, value) in part.as_object_mut().into_iter().flatten() {
            match (schema.get_mut(key.as_str()), value) {
                (Some(Value::Object(before)), Value::Object(more)) => before.extend(std::mem::take(more)),
                (Some(Value::Array(before)), Value::Array(more)) => before.append(more),
                (None, value) => schema[key.as_str()] = value.take(),
                // The whole says what it is, not its parts.
                (Some(_), _) => {}
            }
        }
    }
}

/// A body without which nothing is done is required.
fn require_what_is_sent(document: &mut Value) {
    for_each_operation(document, |_, operation| {
        if let Some(body) = operation.get_mut("requestBody")
            && body.get("required").is_none()
        {
            body["required"] = json!(true);
        }
    });
}

/// What may be left out is left out, and null says nothing more. Where a field must be there, null is an answer of its own.
fn take_null_from(schema: &mut Value) {
    let required = schema["required"].clone();
    let is_required = |name: &str| required.as_array().is_some_and(|names| names.iter().any(|of| of == name));
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    properties.filter(|(name, _)| !is_required(name)).for_each(|(_, property)| not_null(property));
}

fn not_null(schema: &mut Value) {
    if let Some(types) = schema.get("type").and_then(Value::as_array) {
        let left: Vec<Value> = types.iter().filter(|name| *name != "null").cloned().collect();
        if let [only] = left.as_slice() {
            schema["type"] = only.clone();
        }
    }
    for of in ["oneOf", "anyOf"] {
        let Some(choices) = schema.get(of).and_then(Value::as_array) else { continue };
        let left: Vec<Value> = choices.iter().filter(|choice| choice["type"] != "null").cloned().collect();
        if let ([only], Some(schema)) = (left.as_slice(), schema.as_object_mut()) {
            schema.remove(of);
            if let Some(only) = only.as_object() {
                schema.extend(only.clone());
            }
        }
    }
    if let Some(items) = schema.get_mut("items") {
        not_null(items);
    }
}

/// A field that is not there is refused, and the contract says so.
fn close(schema: &mut Value) {
    if schema.get("properties").is_some_and(Value::is_object) && schema.get("additionalProperties").is_none() {
        schema["additionalProperties"] = json!(false);
    }
}

fn parameter_in_shape(parameter: &mut Value) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let schema = &mut parameter["schema"];
    not_null(schema);
    let form = match name.as_str() {
        "Idempotency-Key" => json!({"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
        "If-Match" | "If-None-Match" => {
            json!({"minLength": 1, "maxLength": 2000, "pattern": r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#})
        }
        "If-Range" | "Range" => json!({"minLength": 1, "maxLength": 200}),
        "cursor" => json!({"minLength": 1, "maxLength": 1000, "pattern": "^[A-Za-z0-9_-]+$"}),
        _ => return,
    };
    if let (Some(schema), Value::Object(form)) = (schema.as_object_mut(), form) {
        schema.extend(form);
    }
}

/// Problems that many answer stand in the document once, with their headers. Those that no caller can do anything about, or that
/// only say that a body is none, are told as one.
fn share_answers(document: &mut Value) {
    let mut shared = Map::new();
    for_each_operation(document, |_, operation| {
        let Some(answers) = operation["responses"].as_object_mut() else { return };
        let before = answers.len();
        answers.retain(|status, answer| !(OTHERS.contains(&status.as_str()) && is_problem(answer)));
        if answers.len() < before {
            answers.insert("default".to_owned(), json!({"$ref": "#/components/responses/Other"}));
        }
        for (status, answer) in answers {
            let said = answer["description"].as_str().unwrap_or_default();
            let is_of = |(of, begins, _): &&(&str, &str, &str)| of == status && said.starts_with(begins);
            let Some((_, _, name)) = ANSWERS.iter().find(is_of) else { continue };
            if !is_problem(answer) {
                continue;
            }
            if !shared.contains_key(*name) {
                let headers = HEADERS.iter().find(|(of, _)| of == status).map_or(&[] as &[&str], |(_, names)| names);
                for header in headers {
                    answer["headers"][*header] = json!({"$ref": format!("#/components/headers/{header}")});
                }
                shared.insert((*name).to_owned(), answer.clone());
            }
            *answer = json!({"$ref": format!("#/components/responses/{name}")});
        }
    });
    shared.insert("Other".to_owned(), json!({
        "description": "Another problem: `408` too slow, `413` too large, `415` another media type, `500` a fault of ours.",
        "content": {"application/problem+json": {"schema": {"$ref": format!("{SCHEMAS}ProblemBody")}}},
    }));
    document["components"]["responses"] = Value::Object(shared);
    document["components"]["headers"] = headers();
}

fn is_problem(answer: &Value) -> bool {
    answer["content"].get("application/problem+json").is_some()
}

fn headers() -> Value {
    let text = |description: &str, example: &str| json!({"description": description, "schema": {"type": "string", "maxLength": 1000}, "example": example});
    json!({
        "RateLimit": text("What is left of the caller's limit, and when it is whole again.", "\"default\";r=0;t=30"),
        "RateLimit-Policy": text("The limit: how many requests in how many seconds.", "\"default\";q=100;w=60"),
        "Retry-After": {
            "description": "After how many seconds the same request may be sent again.",
            "schema": {"type": "integer", "format": "int32", "minimum": 0, "maximum": 86_400},
            "example": 1,
        },
        "WWW-Authenticate": text("What is wrong with the token, and which scope is missing.", "Bearer error=\"insufficient_scope\", scope=\"brevdue:messages.write\""),
    })
}

/// Parameters that several operations have stand in the document once.
fn share_parameters(document: &mut Value) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for_each_operation(document, |_, operation| {
        for parameter in list(operation, "parameters") {
            *count.entry(parameter.to_string()).or_default() += 1;
        }
    });
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut shared = Map::new();
    for_each_operation(document, |_, operation| {
        for parameter in list(operation, "parameters") {
            let text = parameter.to_string();
            if count[&text] < 2 {
                continue;
            }
            let name = names.entry(text).or_insert_with(|| {
                let plain = pascal(parameter["name"].as_str().unwrap_or_default());
                let name = (1..)
                    .map(|n| if n == 1 { plain.clone() } else { format!("{plain}{n}") })
                    .find(|name| !shared.contains_key(name))
                    .unwrap_or_default();
                shared.insert(name.clone(), parameter.clone());
                name
            });
            *parameter = json!({"$ref": format!("#/components/parameters/{name}")});
        }
    });
    document["components"]["parameters"] = Value::Object(shared);
}

fn pascal(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    name.split('-').map(capital).collect()
}

/// How the derive names a page of a list.
const LIST: &str = "ListView_";

/// Names without what only the code needs: `Message`, not `MessageView`; `MessageList`, not `ListView_MessageView`. A list names its
/// items by reference: generated clients would have two types for one thing.
fn name_plainly(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let mut renamed = Map::new();
    for (name, mut schema) in std::mem::take(schemas) {
        if let Some(item) = name.strip_prefix(LIST) {
            let properties = &mut schema["properties"];
            properties["items"]["items"] = json!({"$ref": format!("{SCHEMAS}{item}")});
            if let Some(damaged) = properties.get_mut("damaged") {
                let said = damaged.take();
                *damaged = json!({"$ref": format!("{SCHEMAS}Damaged")});
                renamed.insert("Damaged".to_owned(), said);
            }
        }
        let before = renamed.insert(plain(&name), schema);
        assert!(before.is_none(), "two schemas are called {}", plain(&name));
    }
    *schemas = renamed;
    rename_references(document);
}

fn rename_references(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if let Some(Value::String(of)) = object.get_mut("$ref")
                && let Some(name) = of.strip_prefix(SCHEMAS)
            {
                *of = format!("{SCHEMAS}{}", plain(name));
            }
            object.values_mut().for_each(rename_references);
        }
        Value::Array(items) => items.iter_mut().for_each(rename_references),
        _ => {}
    }
}

fn plain(name: &str) -> String {
    let without = |name: &str| match name {
        "ProblemBody" => "Problem".to_owned(),
        "ViolationBody" => "Violation".to_owned(),
        "LimitBody" => "Limit".to_owned(),
        // Languages and generated clients have these themselves.
        "ClientView" => "RegisteredClient".to_owned(),
        "DocumentView" => "DocumentInForce".to_owned(),
        "ObjectView" => "LoggedObject".to_owned(),
        name => name.strip_suffix("View").unwrap_or(name).to_owned(),
    };
    match name.strip_prefix(LIST) {
        Some(item) => format!("{}List", without(item)),
        None => without(name),
    }
}
