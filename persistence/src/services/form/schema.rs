//! What a form's schema may be, and how answers are judged by it (TK-9).

use domain::form::{AnswerFault, AnswerFaultReason, AnswersText, FormSchema, MAX_ANSWER_FAULTS, MAX_ANSWERS};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::cost::{self, MOST_STEPS, Size};
use crate::error::{Failure, StoreError};

const CORRUPT: StoreError = StoreError::Corrupt { what: "form" };

/// How many characters of answers every form can judge. How many more depends on the form.
const LEAST_CHARS: u64 = 10_000;
/// The most bytes of a pattern that has been made ready, and of what it remembers while it runs.
const PATTERN_BYTES: usize = 64 * 1024;
const PATTERN_MEMORY_BYTES: usize = 256 * 1024;

/// What is wrong with a schema.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SchemaFault {
    /// Where, as a JSON pointer into it.
    pub place: String,
    /// What.
    pub reason: SchemaFaultReason,
}

/// Why a schema is not taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum SchemaFaultReason {
    /// It is none for an object.
    NotASchema,
    /// It leads elsewhere, or back to itself.
    Reference,
    /// Judging answers by it may take too long.
    TooCostly,
}

/// Where a schema is none for an object, leads elsewhere, or takes more to judge answers by than may be spent on it.
pub(super) fn faults(schema: &FormSchema) -> Vec<SchemaFault> {
    const EDITION: &str = "https://json-schema.org/draft/2020-12/schema";
    let fault = |place: &str, reason| SchemaFault { place: place.to_owned(), reason };
    let not_a_schema = |place: &str| vec![fault(place, SchemaFaultReason::NotASchema)];
    let Ok(schema) = serde_json::from_str::<Value>(schema.as_str()) else { return not_a_schema("") };
    if schema.get("$schema").is_some_and(|edition| edition != EDITION) {
        return not_a_schema("/$schema");
    }
    if schema.get("type").is_none_or(|kind| kind != "object") {
        return not_a_schema("/type");
    }
    let meta = jsonschema::draft202012::meta::validator();
    let place = |error: &ValidationError<'_>| error.instance_path().to_string();
    let mut faults: Vec<SchemaFault> =
        meta.iter_errors(&schema).flat_map(|error| not_a_schema(&place(&error))).collect();
    if faults.is_empty() {
        let largest = Size { values: MAX_ANSWERS as u64, chars: LEAST_CHARS };
        faults = match cost::steps(&schema) {
            Err(faults) => faults,
            Ok(steps) if steps.for_answers(largest) > MOST_STEPS => vec![fault("", SchemaFaultReason::TooCostly)],
            // Only now: making a schema ready goes as deep as judging by it.
            Ok(_) => validator(&schema).err().into_iter().flat_map(|error| not_a_schema(&place(&error))).collect(),
        };
    }
    faults.sort_unstable();
    faults.dedup();
    faults
}

/// Judges answers, unless that may take too long.
///
/// # Errors
/// Answers that do not fit, a form or answers that take too much, or a stored form that is none.
pub(super) fn judge(schema: &FormSchema, answers: &AnswersText) -> Result<(), Failure> {
    let schema: Value = serde_json::from_str(schema.as_str()).map_err(|_| CORRUPT)?;
    let answers: Value = serde_json::from_str(answers.expose()).map_err(|_| CORRUPT)?;
    // A form may have been stored by rules that were less strict.
    let steps = cost::steps(&schema).map_err(|_| Failure::FormTooCostly)?;
    if steps.for_answers(Size::of(&answers)) > MOST_STEPS {
        return Err(Failure::FormTooCostly);
    }
    let validator = validator(&schema).map_err(|_| CORRUPT)?;
    let errors = validator.iter_errors(&answers);
    let faults: Vec<AnswerFault> = errors.flat_map(|error| faults_of(&error)).take(MAX_ANSWER_FAULTS).collect();
    if faults.is_empty() { Ok(()) } else { Err(Failure::AnswersDoNotFit(faults)) }
}

/// Nothing is fetched from elsewhere, and patterns are of the kind that takes no more than their states for each character.
fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    let patterns = PatternOptions::regex().size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_MEMORY_BYTES);
    jsonschema::draft202012::options().should_validate_formats(true).with_pattern_options(patterns).build(schema)
}

fn faults_of(error: &ValidationError<'_>) -> Vec<AnswerFault> {
    let at = error.instance_path().to_string();
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let pointer = property.as_str().map_or_else(|| at.clone(), below);
            vec![AnswerFault { pointer, reason: AnswerFaultReason::Missing }]
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
            .iter()
            .map(|name| AnswerFault { pointer: below(name), reason: AnswerFaultReason::NotAsked })
            .collect(),
        _ => {
            let rule = error.schema_path().to_string();
            vec![AnswerFault { pointer: at, reason: AnswerFaultReason::Breaks { rule } }]
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::SchemaFaultReason::{NotASchema, Reference, TooCostly};
    use super::*;

    fn schema(text: &str) -> FormSchema {
        FormSchema::parse(text).expect("a schema")
    }

    fn judged(of: &str, answers: &str) -> Result<(), Failure> {
        judge(&schema(of), &AnswersText::parse(answers).expect("answers"))
    }

    fn told(of: &str, answers: &str) -> Vec<AnswerFault> {
        match judged(of, answers) {
            Ok(()) => vec![],
            Err(Failure::AnswersDoNotFit(faults)) => faults,
            Err(failure) => panic!("{failure}"),
        }
    }

    fn found(text: &str) -> Vec<(String, SchemaFaultReason)> {
        faults(&schema(text)).into_iter().map(|SchemaFault { place, reason }| (place, reason)).collect()
    }

    #[test]
    fn tk_9_all_that_is_wrong_with_answers_is_told_at_once() {
        let form = r#"{"type":"object","required":["diet","a/b"],"additionalProperties":false,"properties":{
            "diet":{"enum":["none","vegetarian"]},"a/b":{},"visits":{"type":"integer","minimum":1}}}"#
            .replace('\n', " ");
        let found = told(&form, r#"{"visits":0,"colour":"blue"}"#);
        let missing = |pointer: &str| AnswerFault { pointer: pointer.into(), reason: AnswerFaultReason::Missing };
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.contains(&missing("/diet")) && found.contains(&missing("/a~1b")));
        assert!(found.contains(&AnswerFault { pointer: "/colour".into(), reason: AnswerFaultReason::NotAsked }));
        let rule = "/properties/visits/minimum".to_owned();
        assert!(found.contains(&AnswerFault { pointer: "/visits".into(), reason: AnswerFaultReason::Breaks { rule } }));
        assert_eq!(told(&form, r#"{"visits":1,"diet":"none","a/b":null}"#), []);
    }

    #[test]
    fn a_schema_that_is_none_or_reaches_elsewhere_is_found_out() {
        let table = [
            (r#"{"type":"object"}"#, vec![]),
            (r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"}"#, vec![]),
            (
                r#"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}"#,
                vec![("/$schema", NotASchema)],
            ),
            (r#"{"type":"array"}"#, vec![("/type", NotASchema)]),
            ("true", vec![("/type", NotASchema)]),
            (
                r#"{"type":"object","required":"a","properties":{"a":{"minimum":"x"}}}"#,
                vec![("/properties/a/minimum", NotASchema), ("/required", NotASchema)],
            ),
            (r#"{"type":"object","$ref":"https://elsewhere.example/schema"}"#, vec![("/$ref", Reference)]),
            (r##"{"type":"object","$ref":"#/$defs/none"}"##, vec![("/$ref", Reference)]),
            (r##"{"type":"object","$ref":"#a","$defs":{"a":{"$anchor":"a"}}}"##, vec![("/$ref", Reference)]),
            (
                r#"{"type":"object","properties":{"a":{"$id":"https://b.example"}}}"#,
                vec![("/properties/a/$id", Reference)],
            ),
            (r##"{"type":"object","$dynamicRef":"#a"}"##, vec![("/$dynamicRef", Reference)]),
            (r#"{"type":"object","properties":{"a":{"pattern":"("}}}"#, vec![("/properties/a/pattern", NotASchema)]),
        ];
        for (text, expected) in table {
            let expected: Vec<_> = expected.into_iter().map(|(place, reason)| (place.to_owned(), reason)).collect();
            assert_eq!(found(text), expected, "{text}");
        }
    }

    #[test]
    fn a_schema_without_end_is_none() {
        let table = [
            (r##"{"type":"object","$ref":"#"}"##, "/$ref"),
            (
                r##"{"type":"object","$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"}]}}}"##,
                "/$defs/a/anyOf/0/$ref",
            ),
            (
                r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/a"}},"$defs":{"a":{"items":{"$ref":"#/$defs/b"}},"b":{"not":{"$ref":"#/$defs/a"}}}}"##,
                "/$defs/b/not/$ref",
            ),
        ];
        for (text, place) in table {
            assert_eq!(found(text), [(place.to_owned(), Reference)], "{text}");
            assert!(matches!(judged(text, "{}"), Err(Failure::FormTooCostly)), "{text}");
        }
    }

    /// Schemas that multiply what is to be done, each in its own way.
    fn costly() -> Vec<String> {
        let chain = |pair: &str| {
            let mut defs = r#""d0":{"type":"integer"}"#.to_owned();
            for n in 1..30 {
                let part = pair.replace("REF", &format!(r##"{{"$ref":"#/$defs/d{}"}}"##, n - 1));
                write!(defs, r#","d{n}":{part}"#).expect("a text grows");
            }
            format!(r##"{{"type":"object","properties":{{"a":{{"$ref":"#/$defs/d29"}}}},"$defs":{{{defs}}}}}"##)
        };
        let nested = |open: &str, close: &str, times: usize| {
            format!(r#"{{"type":"object","properties":{{"a":{}true{}}}}}"#, open.repeat(times), close.repeat(times))
        };
        let many = |one: &str, times: usize| vec![one; times].join(",");
        vec![
            chain(r#"{"anyOf":[REF,REF]}"#),
            chain(r#"{"oneOf":[REF,REF]}"#),
            chain(r#"{"allOf":[REF,REF]}"#),
            chain(r#"{"if":REF,"then":REF,"else":REF}"#),
            chain(r#"{"allOf":[{"not":REF},{"not":REF}]}"#),
            chain(r#"{"contains":REF,"items":REF}"#),
            chain(r#"{"patternProperties":{"a":REF,"b":REF}}"#),
            chain(r#"{"dependentSchemas":{"a":REF,"b":REF}}"#),
            chain(r#"{"allOf":[REF],"unevaluatedProperties":REF}"#),
            nested(r#"{"not":"#, "}", 65),
            format!(r#"{{"type":"object","additionalProperties":{{"anyOf":[{}]}}}}"#, many(r#"{"const":1}"#, 60)),
            format!(
                r#"{{"type":"object","additionalProperties":{{"required":[{}]}}}}"#,
                (0..110).map(|n| format!(r#""a{n}""#)).collect::<Vec<_>>().join(",")
            ),
            format!(
                r#"{{"type":"object","allOf":[{}]}}"#,
                many(r#"{"additionalProperties":{"uniqueItems":true}}"#, 60)
            ),
            format!(r#"{{"type":"object","allOf":[{}]}}"#, many(r#"{"patternProperties":{"a":true}}"#, 110)),
            r#"{"type":"object","properties":{"a":{"pattern":"1[01]{700}x"}}}"#.to_owned(),
            r#"{"type":"object","properties":{"a":{"pattern":"([ab]{30}){30}"}}}"#.to_owned(),
        ]
    }

    #[test]
    fn a_schema_that_multiplies_what_is_to_be_done_is_refused_and_never_runs() {
        for text in costly() {
            let reasons: Vec<SchemaFaultReason> = found(&text).into_iter().map(|(_, reason)| reason).collect();
            assert_eq!(reasons, [TooCostly], "{text}");
        }
        // One that was stored all the same, with answers that would take hours.
        let worst = costly().swap_remove(0);
        assert!(matches!(judged(&worst, r#"{"a":"no number"}"#), Err(Failure::FormTooCostly)));
    }

    #[test]
    fn honest_forms_are_taken_and_judged() {
        let group = r#"{"type":"object","required":["name","dose","since"],"properties":{"name":{"type":"string","maxLength":80},
            "dose":{"type":"string"},"since":{"type":"string","format":"date"},"how":{"enum":["mouth","skin","other"]},
            "kind":{"oneOf":[{"const":"a","title":"A"},{"const":"b","title":"B"}]}},"additionalProperties":false}"#;
        let mut fields = String::new();
        for n in 0..200 {
            write!(fields, r#""q{n}":{{"title":"Spørsmål {n}","type":"string","maxLength":2000}},"#)
                .expect("a text grows");
        }
        let form = format!(
            r##"{{"type":"object","required":["q1"],"properties":{{{fields}"medicines":{{"type":"array","maxItems":50,"items":{{"$ref":"#/$defs/m"}}}},
            "phone":{{"pattern":"^[0-9 +]{{8,15}}$"}},"code":{{"pattern":"^[A-ZÆØÅ]\\d{{2}}(\\.\\d{{1,3}})?$"}},"name":{{"maxLength":100,"pattern":"^[\\p{{L}} .'-]+$"}}}},
            "if":{{"properties":{{"q1":{{"const":"ja"}}}}}},"then":{{"required":["q2"]}},"$defs":{{"m":{group}}}}}"##
        )
        .replace('\n', " ");
        assert_eq!(found(&form), []);
        let medicine = r#"{"name":"Paracet","dose":"1 g","since":"2026-01-01","how":"mouth","kind":"b"}"#;
        let medicines = vec![medicine; 50].join(",");
        let answers = format!(
            r#"{{"q1":"ja","q2":"{}","phone":"+47 912 34 567","code":"J45.1","medicines":[{medicines}]}}"#,
            "æ".repeat(2000)
        );
        assert_eq!(told(&form, &answers), []);
        assert_eq!(told(&form, r#"{"q1":"ja","code":"nei"}"#).len(), 2);
    }

    #[test]
    fn as_deep_as_a_schema_may_be_answers_are_judged() {
        let deep = |times: usize| {
            let (open, close) = (r#"{"not":"#.repeat(times), "}".repeat(times));
            format!(r#"{{"type":"object","properties":{{"a":{open}{{"type":"string"}}{close}}}}}"#)
        };
        assert_eq!(found(&deep(62)), []);
        assert_eq!(told(&deep(62), r#"{"a":1}"#).len(), 1);
        assert_eq!(found(&deep(64)), [(String::new(), TooCostly)]);
    }

    #[test]
    fn no_more_faults_are_told_than_anybody_reads() {
        let form = r#"{"type":"object","additionalProperties":{"items":{"type":"string"}}}"#;
        let answers = format!(r#"{{"a":[{}]}}"#, vec!["1"; 900].join(","));
        assert_eq!(told(form, &answers).len(), MAX_ANSWER_FAULTS);
    }
}
