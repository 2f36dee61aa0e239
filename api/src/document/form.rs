//! A form that was filled in, as lines that people read.

use domain::form::FormAnswers;
use serde_json::Value;

/// Each answer with its question, in the order in which it was given. A question is called what the form calls it, and
/// after its own name where the form does not.
pub(crate) fn lines(filled: &FormAnswers) -> Vec<(String, String)> {
    // What was stored as JSON is JSON.
    let schema: Value = serde_json::from_str(filled.form.schema.as_str()).unwrap_or_default();
    let answers: Value = serde_json::from_str(filled.answers.expose()).unwrap_or_default();
    let mut lines = vec![];
    read(&answers, &schema, "", &mut lines);
    lines
}

/// The same as one text, under the name of the form.
pub(crate) fn text(filled: &FormAnswers) -> String {
    let lines = lines(filled).into_iter().map(|(question, answer)| format!("\n{question}: {answer}"));
    format!("{}{}", filled.form.title.as_str(), lines.collect::<String>())
}

fn read(answer: &Value, schema: &Value, question: &str, lines: &mut Vec<(String, String)>) {
    let below = |name: &str| if question.is_empty() { name.to_owned() } else { format!("{question} – {name}") };
    match answer {
        Value::Object(fields) => {
            for (name, answer) in fields {
                let schema = &schema["properties"][name.as_str()];
                let title = schema["title"].as_str().unwrap_or(name);
                read(answer, schema, &below(title), lines);
            }
        }
        Value::Array(items) => {
            for (place, answer) in (1..).zip(items) {
                read(answer, &schema["items"], &below(&place.to_string()), lines);
            }
        }
        Value::String(text) => lines.push((question.to_owned(), text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) => lines.push((question.to_owned(), answer.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use domain::form::{AnswersText, Form, FormName, FormSchema, FormTitle};

    use super::*;

    #[test]
    fn tk_9_answers_stand_with_their_questions() {
        let schema = r#"{"type":"object","properties":{"diet":{"title":"Kosthold"},"next":{"title":"Pårørende",
            "items":{"properties":{"name":{"title":"Navn"}}}}}}"#;
        let answers = r#"{"diet":"Vegetar","visits":3,"alone":true,"next":[{"name":"Kari"},{"name":null}]}"#;
        let filled = FormAnswers {
            form: Form {
                name: FormName::parse("tiltak").expect("a name"),
                version: 1,
                title: FormTitle::parse("Tiltak").expect("a title"),
                schema: FormSchema::parse(&schema.replace('\n', "")).expect("a schema"),
            },
            answers: AnswersText::parse(answers).expect("answers"),
        };
        let expected = "Tiltak\nKosthold: Vegetar\nvisits: 3\nalone: true\nPårørende – 1 – Navn: Kari\n\
            Pårørende – 2 – Navn: null";
        assert_eq!(text(&filled), expected);
    }
}
