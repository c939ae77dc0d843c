//! The JSON of this family, in our words.
//!
//! Two generations of clients spell the same things differently, and their documents disagree with
//! both: names are taken in camel case and in snake case, keys as base58 or as arrays of bytes,
//! bytes in either alphabet of base64.

pub(super) mod evm;
pub(super) mod member;

use rules::tenant::{AskedKey, Command, Paying, SessionAction, SessionAnswer, SessionScope};
use serde_json::{Map, Value};
use url::form_urlencoded;
use wire::encoding::base64url;
use wire::environment::Environment;
use wire::solana::{Address, Transaction};

use super::problem::Problem;

/// The members of a body.
pub(super) struct Body(Map<String, Value>);

/// How a client spells keys; answers are spelled alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum KeyForm {
    /// Base58.
    #[default]
    Text,
    /// An array of 32 numbers.
    Bytes,
}

impl Body {
    /// One strict JSON object. None at all is an empty one.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        match wire::json::parse(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Problem::not_json("it is something else")),
            Err(error) => Err(Problem::not_json(error)),
        }
    }

    /// A member under one of these names. Under two of them it would have two readings (threat
    /// T3).
    pub(super) fn value(&self, names: &[&str]) -> Result<Option<&Value>, Problem> {
        let found: Vec<&Value> = names.iter().filter_map(|name| self.0.get(*name)).collect();
        match found[..] {
            [] => Ok(None),
            [value] => Ok(Some(value).filter(|value| !value.is_null())),
            _ => Err(Problem::invalid(
                names[0],
                format!("stands twice: send one of {}", names.join(", ")),
            )),
        }
    }

    /// A text under one of these names.
    pub(super) fn text(&self, names: &[&str]) -> Result<Option<&str>, Problem> {
        match self.value(names)? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::invalid(names[0], "must be a string")),
        }
    }

    pub(super) fn part(&self, names: &[&str]) -> Result<Option<Self>, Problem> {
        match self.value(names)? {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self(members.clone()))),
            Some(_) => Err(Problem::invalid(names[0], "must be an object")),
        }
    }

    /// A whole number, or one in a string.
    fn number(&self, names: &[&str]) -> Result<Option<u64>, Problem> {
        let found = match self.value(names)? {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64(),
        };
        found
            .map(Some)
            .ok_or_else(|| Problem::invalid(names[0], "must be a whole number"))
    }

    /// Bytes in base64, of either alphabet, with or without padding.
    fn bytes(&self, names: &[&str]) -> Result<Option<Vec<u8>>, Problem> {
        let Some(text) = self.text(names)? else {
            return Ok(None);
        };
        let text = text.trim_end_matches('=');
        let text = text.replace('+', "-").replace('/', "_");
        match base64url::decode(text) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(_) => Err(Problem::invalid(names[0], "must be base64url")),
        }
    }

    /// `transaction`: a Solana transaction in padded base64.
    fn transaction(&self) -> Result<Box<Transaction>, Problem> {
        let bytes = self.required(&["transaction"])?;
        let transaction = Transaction::parse(&bytes);
        let transaction = transaction.map_err(|error| {
            Problem::invalid("transaction", format!("is no Solana transaction: {error}"))
        })?;
        Ok(Box::new(transaction))
    }

    /// An address in base58; `field` names it to people.
    pub(super) fn address(&self, names: &[&str], field: &str) -> Result<Option<Address>, Problem> {
        let Some(text) = self.text(names)? else {
            return Ok(None);
        };
        match text.parse() {
            Ok(address) => Ok(Some(address)),
            Err(_) => Err(Problem::invalid(field, "must be 32 bytes in base58")),
        }
    }

    pub(super) fn flag(&self, names: &[&str]) -> Result<bool, Problem> {
        match self.value(names)? {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Problem::invalid(names[0], "must be true or false")),
        }
    }

    fn required(&self, names: &[&str]) -> Result<Vec<u8>, Problem> {
        self.bytes(names)?
            .ok_or_else(|| Problem::invalid(names[0], "is missing"))
    }

    /// `sessionKey`, with the way the client spelled it.
    fn session_key(&self) -> Result<Option<(AskedKey, KeyForm)>, Problem> {
        let Some(part) = self.part(&["sessionKey", "session_key"])? else {
            return Ok(None);
        };
        let (key, form) = match part.value(&["key"])? {
            Some(Value::String(text)) => (text.parse().ok(), KeyForm::Text),
            Some(Value::Array(items)) => (address(items), KeyForm::Bytes),
            _ => (None, KeyForm::Text),
        };
        let key = key.ok_or_else(|| {
            Problem::invalid(
                "sessionKey.key",
                "must be 32 bytes, in base58 or as an array",
            )
        })?;
        let expiration = part
            .number(&["expiration"])?
            .ok_or_else(|| Problem::invalid("sessionKey.expiration", "is missing"))?;
        let scope = part.scope()?;
        let asked = AskedKey {
            key,
            expiration,
            scope,
        };
        Ok(Some((asked, form)))
    }

    /// How far the key may go: a member of our own.
    fn scope(&self) -> Result<SessionScope, Problem> {
        match self.value(&["scope"])? {
            None => Ok(SessionScope::default()),
            Some(scope) => serde_json::from_value(scope.clone())
                .map_err(|error| Problem::invalid("sessionKey.scope", error.to_string())),
        }
    }

    /// How the client spells keys.
    pub(super) fn key_form(&self) -> KeyForm {
        match self.session_key() {
            Ok(Some((_, form))) => form,
            _ => KeyForm::default(),
        }
    }
}

fn address(items: &[Value]) -> Option<Address> {
    let bytes: Option<Vec<u8>> = items
        .iter()
        .map(|item| item.as_u64().and_then(|byte| byte.try_into().ok()))
        .collect();
    bytes?.try_into().ok().map(Address::from_bytes)
}

/// Opening a session. The newer clients say by the path what it is for; the older ones, in the
/// body.
pub(super) fn open(
    body: &Body,
    environment: Environment,
    action: Option<SessionAction>,
) -> Result<Command, Problem> {
    let action = match action {
        Some(action) => action,
        None => match body.text(&["action"])? {
            None | Some("create") => SessionAction::Create,
            Some("auth") => SessionAction::Auth,
            Some("get") => SessionAction::Find,
            Some(_) => return Err(Problem::invalid("action", "must be create, auth or get")),
        },
    };
    let about = body.part(&["metaInfo", "meta_info"])?;
    let about = about.unwrap_or_else(|| Body(Map::new()));
    Ok(Command::OpenSession {
        environment,
        action,
        key: body.session_key()?.map(|(key, _)| key),
        base_url: text(body, &["baseUrl", "base_url"])?,
        redirect_url: text(&about, &["redirectUrl", "redirect_url"])?,
        app_name: text(&about, &["appName", "app_name"])?,
        account: body.address(&["account"], "account")?,
    })
}

/// A text of a session, if there is one.
fn text(body: &Body, names: &[&str]) -> Result<Option<String>, Problem> {
    let text = body.text(names)?.filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > MAX_TEXT) {
        return Err(Problem::invalid(names[0], "is too long"));
    }
    Ok(text.map(str::to_owned))
}

/// The body of a call whose members stand in its query, since a GET has no body everywhere: names in
/// either case, or as pages have them in their address. Unknown ones are left alone; what stands
/// twice, in the query or in query and body, has two readings (threat T3).
pub(super) fn with_query(body: &[u8], query: &str) -> Result<Vec<u8>, Problem> {
    let Body(mut members) = Body::parse(body)?;
    let mut about = Map::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (place, name) = match name.as_ref() {
            "metaInfo[appName]" | "appName" | "app_name" | "app-name" => (&mut about, "appName"),
            "metaInfo[redirectUrl]" | "redirectUrl" | "redirect_url" | "redirect-url" => {
                (&mut about, "redirectUrl")
            }
            "baseUrl" | "base_url" | "base-url" => (&mut members, "baseUrl"),
            "env" => (&mut members, "env"),
            _ => continue,
        };
        if place.insert(name.to_owned(), value.into()).is_some() {
            return Err(Problem::invalid(name, "stands twice"));
        }
    }
    if !about.is_empty()
        && members
            .insert("metaInfo".to_owned(), about.into())
            .is_some()
    {
        return Err(Problem::invalid(
            "metaInfo",
            "stands in the query and in the body",
        ));
    }
    Ok(Value::Object(members).to_string().into_bytes())
}

/// Preparing a session key's transaction. `fee_config` is the newer spelling of who pays.
pub(super) fn prepare(
    body: &Body,
    environment: Environment,
    account: Address,
) -> Result<Command, Problem> {
    let fee = body.part(&["fee_config", "feeConfig"])?;
    let fee = fee.unwrap_or_else(|| Body(Map::new()));
    let names = ["payer_address", "payerAddress"];
    let payer = match (fee.text(&names)?, body.text(&names)?) {
        (Some(payer), None) | (None, Some(payer)) => Some(payer),
        (None, None) => None,
        (Some(_), Some(_)) => {
            return Err(Problem::invalid(names[0], "stands twice: send one of both"));
        }
    };
    let pays_itself = fee.flag(&["self_managed_fees", "selfManagedFees"])?;
    let payer = match payer {
        Some(payer) => Paying::Other(
            payer
                .parse()
                .map_err(|_| Problem::invalid(names[0], "must be 32 bytes in base58"))?,
        ),
        None if pays_itself => Paying::SessionKey,
        None => Paying::Server,
    };
    Ok(Command::PrepareTransaction {
        environment,
        account,
        transaction: body.transaction()?,
        payer,
    })
}

/// Handing in what was signed. There are no keys here that other services keep.
pub(super) fn submit(
    body: &Body,
    environment: Environment,
    account: Address,
) -> Result<Command, Problem> {
    match body.value(&["kms_payloads", "kmsPayloads"])? {
        None => {}
        Some(Value::Array(payloads)) if payloads.is_empty() => {}
        Some(_) => {
            let message = "must be empty: the session key signs the transaction itself";
            return Err(Problem::invalid("kms_payloads", message));
        }
    }
    Ok(Command::SubmitTransaction {
        environment,
        account,
        transaction: body.transaction()?,
    })
}

/// The longest text of a session, in characters.
const MAX_TEXT: usize = 500;

/// Answering a session.
pub(super) fn bind(body: &Body, action: Option<SessionAction>) -> Result<Command, Problem> {
    let action = match action {
        Some(action) => action,
        None => match body.text(&["ceremonyType", "ceremony_type"])? {
            Some("create") => SessionAction::Create,
            Some("auth") => SessionAction::Auth,
            Some("sign") => return evm::finish(body),
            _ => {
                let message = "must be create, auth or sign";
                return Err(Problem::invalid("ceremonyType", message));
            }
        },
    };
    Ok(Command::BindSession {
        action,
        key: body.session_key()?.map(|(asked, _)| asked.key),
        slot: body.number(&["slotNumber", "slot_number"])?,
        answer: Box::new(answer_of(body)?),
    })
}

/// What the passkey made.
fn answer_of(body: &Body) -> Result<SessionAnswer, Problem> {
    let names = ["authenticatorResponse", "authenticator_response"];
    let told = body
        .part(&names)?
        .ok_or_else(|| Problem::invalid(names[0], "is missing"))?;
    let response = told
        .part(&["response"])?
        .ok_or_else(|| Problem::invalid("authenticatorResponse.response", "is missing"))?;
    Ok(SessionAnswer {
        client_data_json: response.required(&["clientDataJSON", "client_data_json"])?,
        authenticator_data: response.required(&["authenticatorData", "authenticator_data"])?,
        signature: response.required(&["signature"])?,
        public_key: response.bytes(&["publicKey", "public_key"])?,
        // The same bytes under both, as browsers tell them; only one is read.
        credential_id: match told.bytes(&["rawId"])? {
            Some(id) => Some(id),
            None => told.bytes(&["id"])?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        let Ok(body) = Body::parse(text.as_bytes()) else {
            panic!("{text} is an object");
        };
        body
    }

    #[test]
    fn keys_are_text_or_bytes() {
        let bytes = format!("{:?}", [7u8; 32]);
        let text = Address::from_bytes([7; 32]).to_string();
        for (key, form) in [
            (bytes, KeyForm::Bytes),
            (format!("{text:?}"), KeyForm::Text),
        ] {
            for name in ["sessionKey", "session_key"] {
                let body = body(&format!(
                    "{{\"{name}\":{{\"key\":{key},\"expiration\":\"900\"}}}}"
                ));
                let Ok(Some((asked, found))) = body.session_key() else {
                    panic!("{key} is a key");
                };
                assert_eq!(asked.key, Address::from_bytes([7; 32]));
                assert_eq!((asked.expiration, found), (900, form));
            }
        }
        for key in ["[1,2]", "\"no\"", "[256]", "7", "null"] {
            let body = body(&format!(
                "{{\"sessionKey\":{{\"key\":{key},\"expiration\":1}}}}"
            ));
            assert!(body.session_key().is_err(), "{key}");
        }
    }

    #[test]
    fn names_are_taken_in_both_spellings() {
        for text in [
            r#"{"metaInfo":{"appName":"A","redirectUrl":"https://a.example"},"baseUrl":"https://b.example"}"#,
            r#"{"meta_info":{"app_name":"A","redirect_url":"https://a.example"},"base_url":"https://b.example"}"#,
        ] {
            let Ok(Command::OpenSession {
                base_url,
                redirect_url,
                app_name,
                ..
            }) = open(
                &body(text),
                Environment::Sandbox,
                Some(SessionAction::Create),
            )
            else {
                panic!("{text} opens a session");
            };
            assert_eq!(app_name.as_deref(), Some("A"));
            assert_eq!(redirect_url.as_deref(), Some("https://a.example"));
            assert_eq!(base_url.as_deref(), Some("https://b.example"));
        }
    }

    #[test]
    fn a_get_has_its_members_in_the_query() {
        let read = |text: &str, query| {
            let whole = with_query(text.as_bytes(), query).ok()?;
            match open(
                &Body::parse(&whole).ok()?,
                Environment::Sandbox,
                Some(SessionAction::Find),
            ) {
                Ok(Command::OpenSession {
                    base_url,
                    redirect_url,
                    app_name,
                    ..
                }) => Some((app_name, redirect_url, base_url)),
                _ => None,
            }
        };
        let text = |text: &str| Some(text.to_owned());
        let all = Some((
            text("A b"),
            text("https://a.example"),
            text("https://b.example"),
        ));
        for query in [
            "appName=A+b&redirectUrl=https://a.example&baseUrl=https://b.example&limit=1",
            "app-name=A%20b&redirect-url=https%3A%2F%2Fa.example&base-url=https://b.example",
            "app_name=A+b&redirect_url=https://a.example&base_url=https://b.example",
            "metaInfo[appName]=A+b&metaInfo%5BredirectUrl%5D=https://a.example\
             &baseUrl=https://b.example",
        ] {
            assert_eq!(read("", query), all, "{query}");
        }
        let body = r#"{"metaInfo":{"appName":"A b","redirectUrl":"https://a.example"}}"#;
        assert_eq!(read(body, "baseUrl=https://b.example"), all);
        assert_eq!(read("", ""), Some((None, None, None)));
        for (body, query) in [
            ("", "appName=A&appName=A"),
            ("", "appName=A&app-name=A"),
            (body, "appName=A"),
            (r#"{"meta_info":{}}"#, "appName=A"),
            (
                r#"{"baseUrl":"https://b.example"}"#,
                "baseUrl=https://b.example",
            ),
            (
                r#"{"base_url":"https://b.example"}"#,
                "baseUrl=https://b.example",
            ),
            ("[]", "appName=A"),
        ] {
            assert_eq!(read(body, query), None, "{body} {query}");
        }
    }

    #[test]
    fn t3_a_member_stands_under_one_of_its_names() {
        for text in [
            r#"{"baseUrl":"https://a.example","base_url":"https://b.example"}"#,
            r#"{"baseUrl":"https://a.example","base_url":"https://a.example"}"#,
        ] {
            assert!(
                open(&body(text), Environment::Sandbox, Some(SessionAction::Find)).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn bytes_are_taken_in_both_alphabets() {
        for text in ["-_8", "-_8=", "+/8", "+/8="] {
            let body = body(&format!("{{\"x\":{text:?}}}"));
            assert!(matches!(body.bytes(&["x"]), Ok(Some(bytes)) if bytes == [0xfb, 0xff]));
        }
        assert!(body(r#"{"x":"a b"}"#).bytes(&["x"]).is_err());
    }
}
