//! Dictionaries as Python prints them: `{'title': "Men's shirt", 'price': 9.99, 'related': None}`.
//!
//! Only literals are read, nothing is evaluated. Anything else is `None`: the caller reports the error of the JSON
//! parser, because a broken line is far more often JSON.

use serde_json::{Map, Number, Value};

/// Nesting beyond this is refused, so that a hostile line cannot exhaust the stack.
const MAX_DEPTH: usize = 64;

/// Parses one line as a dictionary with string keys.
pub(super) fn parse_dict(text: &str) -> Option<Map<String, Value>> {
    let mut parser = Parser { rest: text.trim() };
    let value = parser.value(0)?;
    match value {
        Value::Object(object) if parser.rest.trim().is_empty() => Some(object),
        _ => None,
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next()? {
            '{' => self.dict(depth),
            '[' => self.sequence('[', ']', depth),
            '(' => self.sequence('(', ')', depth),
            '\'' | '"' => self.string().map(Value::String),
            'u' if self.rest[1..].starts_with(['\'', '"']) => {
                self.rest = &self.rest[1..];
                self.string().map(Value::String)
            }
            _ => self.word(),
        }
    }

    fn dict(&mut self, depth: usize) -> Option<Value> {
        self.eat('{')?;
        let mut object = Map::new();
        while self.eat('}').is_none() {
            let Value::String(key) = self.value(depth + 1)? else { return None };
            self.eat(':')?;
            let value = self.value(depth + 1)?;
            object.insert(key, value);
            self.separator('}')?;
        }
        Some(Value::Object(object))
    }

    fn sequence(&mut self, open: char, close: char, depth: usize) -> Option<Value> {
        self.eat(open)?;
        let mut values = Vec::new();
        while self.eat(close).is_none() {
            values.push(self.value(depth + 1)?);
            self.separator(close)?;
        }
        Some(Value::Array(values))
    }

    /// A comma, or the closing bracket ahead.
    fn separator(&mut self, close: char) -> Option<()> {
        if self.rest.trim_start().starts_with(close) { Some(()) } else { self.eat(',') }
    }

    fn eat(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let quote = self.rest.chars().next()?;
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + c.len_utf8()..];
                return Some(text);
            }
            if c != '\\' {
                text.push(c);
                continue;
            }
            let mut next = || chars.next().map(|(_, c)| c);
            match next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                'r' => text.push('\r'),
                'x' => text.push(code_point(2, next)?),
                'u' => text.push(code_point(4, next)?),
                'U' => text.push(code_point(8, next)?),
                escaped @ ('\\' | '\'' | '"') => text.push(escaped),
                other => text.extend(['\\', other]),
            }
        }
        None
    }

    /// A number, or one of Python's names for a value.
    fn word(&mut self) -> Option<Value> {
        let end = self.rest.find([',', '}', ']', ')', ':', ' ']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        match word {
            "None" => Some(Value::Null),
            "True" => Some(Value::Bool(true)),
            "False" => Some(Value::Bool(false)),
            // Kept as text, so that the field in which it stands can refuse it by name.
            "nan" | "inf" | "-inf" => Some(Value::String(word.to_owned())),
            _ => match word.parse::<i64>() {
                Ok(whole) => Some(Value::from(whole)),
                Err(_) => Number::from_f64(word.parse().ok()?).map(Value::Number),
            },
        }
    }
}

fn code_point(n_digits: usize, mut next: impl FnMut() -> Option<char>) -> Option<char> {
    let mut code = 0;
    for _ in 0..n_digits {
        code = code * 16 + next()?.to_digit(16)?;
    }
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dictionary_reads_like_its_json_twin() {
        let line = r#"{'asin': '0001048791', 'title': "Men's \"best\" shirt", 'price': 9.99, 'n': -3, 'none': None,
            'ok': True, 'categories': [['Books', 'Caf\xe9']], 'pair': (1, 2,), 'u': u'x\u00e9', 'empty': {}}"#;
        let expected = json!({"asin": "0001048791", "title": "Men's \"best\" shirt", "price": 9.99, "n": -3,
            "none": null, "ok": true, "categories": [["Books", "Café"]], "pair": [1, 2], "u": "xé", "empty": {}});
        assert_eq!(Value::Object(parse_dict(line).unwrap()), expected);
    }

    #[test]
    fn anything_else_is_refused() {
        let deep = format!("{{'a': {}", "[".repeat(100_000));
        for line in ["{'a': 1", "{'a' 1}", "{'a': open('x')}", "{'a': 1} x", "[1]", "{1: 2}", "{'a': '\\ud800'}", &deep]
        {
            assert_eq!(parse_dict(line), None, "{}", &line[..line.len().min(40)]);
        }
    }
}
