//! Times as Janssen writes them: `2022-08-31T10:39:31.385Z`.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The seconds since the epoch of a time of RFC 3339, or of a number of milliseconds. A fraction is cut off, so that
/// nothing expires later than it did.
pub(super) fn read(value: &Value) -> Result<i64, String> {
    let demand = || {
        let found = match value {
            Value::String(text) => format!("`{text}`"),
            other => other.to_string(),
        };
        format!("must be a time such as `2022-08-31T10:39:31.385Z` and not {found}")
    };
    match value {
        Value::String(text) => {
            let time = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| demand())?;
            Ok(time.unix_timestamp())
        }
        Value::Number(number) => Ok(number.as_i64().ok_or_else(demand)?.div_euclid(1000)),
        _ => Err(demand()),
    }
}

/// A time as text. Nothing for one that four digits cannot write the year of.
pub(super) fn write(seconds: i64) -> Option<Value> {
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok()?;
    let date = time.date();
    (0..=9999).contains(&date.year()).then(|| {
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let (hour, minute, second) = time.to_hms();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z").into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        for (text, seconds) in [
            ("2022-08-31T10:39:31.385Z", 1_661_942_371),
            ("2022-08-31T12:39:31+02:00", 1_661_942_371),
            ("1969-12-31T23:59:59.999Z", -1),
        ] {
            assert_eq!(read(&text.into()), Ok(seconds), "{text}");
        }
        assert_eq!(read(&1_661_942_371_385_i64.into()), Ok(1_661_942_371));
        assert_eq!(write(1_661_942_371), Some("2022-08-31T10:39:31.000Z".into()));
        assert_eq!(write(i64::MAX), None);
        assert_eq!(
            read(&"31.08.2022".into()).unwrap_err(),
            "must be a time such as `2022-08-31T10:39:31.385Z` and not `31.08.2022`"
        );
    }
}
