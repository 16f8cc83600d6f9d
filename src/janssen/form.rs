//! The forms of metadata that Janssen writes in its own way.

use serde_json::Value;

use crate::metadata::{FieldId, FieldSpec, Kind, fields};

/// How Janssen writes a row of the field table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As the wire has it.
    Same,
    /// A list instead of words between spaces.
    List,
    /// A list with the one value.
    ListOfOne,
    /// A text that holds the object.
    Text,
    /// Response types, in single words.
    SingleWords,
    /// A content encryption algorithm, with a plus sign.
    Encryption,
}

impl Form {
    pub(crate) fn of(field: FieldId, spec: &FieldSpec) -> Self {
        match field {
            fields::BACKCHANNEL_LOGOUT_URI => Self::ListOfOne,
            fields::RESPONSE_TYPES => Self::SingleWords,
            _ if spec.kind == Kind::Words => Self::List,
            _ if spec.kind == Kind::Object => Self::Text,
            _ if spec.name.ends_with("_enc") => Self::Encryption,
            _ => Self::Same,
        }
    }

    /// The value on the wire, or nothing if there is none. What has another type is left for the field table to refuse.
    pub(super) fn read(self, value: &Value) -> Result<Option<Value>, String> {
        Ok(match (self, value) {
            (_, Value::Null) => None,
            (Self::List, Value::Array(items)) => {
                let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
                let texts = texts.ok_or("must be an array of strings")?;
                Some(
                    texts
                        .iter()
                        .flat_map(|text| text.split_whitespace())
                        .collect::<Vec<_>>()
                        .join(" ")
                        .into(),
                )
            }
            (Self::ListOfOne, Value::Array(items)) => match items.as_slice() {
                [] => None,
                [one] => Some(one.clone()),
                _ => return Err("must be an array of one string".to_owned()),
            },
            (Self::Text, Value::String(text)) => {
                serde_json::from_str(text).ok().filter(|value: &Value| value.is_object())
            }
            (Self::Encryption, Value::String(text)) => Some(text.replace("CBC+", "CBC-").into()),
            (_, value) => Some(value.clone()),
        })
    }

    /// The value as Janssen has it.
    pub(super) fn write(self, value: &Value) -> Value {
        match (self, value) {
            (Self::List, Value::String(words)) => words.split_whitespace().collect(),
            (Self::ListOfOne, value) => Value::Array(vec![value.clone()]),
            (Self::Text, value) => value.to_string().into(),
            (Self::SingleWords, Value::Array(types)) => {
                let mut words: Vec<&str> = Vec::new();
                for word in types.iter().filter_map(Value::as_str).flat_map(str::split_whitespace) {
                    if !words.contains(&word) {
                        words.push(word);
                    }
                }
                words.into_iter().collect()
            }
            (Self::Encryption, Value::String(text)) => text.replace("CBC-", "CBC+").into(),
            (_, value) => value.clone(),
        }
    }
}
