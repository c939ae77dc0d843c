//! The whole story against a throw-away server, each claim checked as it is made.

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use verify::receipt;
use wire::id::OrganisationId;
use wire::log::VerifierKey;
use wire::stamp::X_STAMP_WEBAUTHN;

use crate::client::{Connection, activity};
use crate::ethereum::Transfer;
use crate::outcome::{Outcome, Problem};
use crate::output::Output;
use crate::passkey::Passkey;
use crate::throw_away::{Root, ThrowAway};

/// The payee of the transfer: nobody.
const PAYEE: [u8; 20] = [0x35; 20];
/// Five hundredths of an ether.
const AMOUNT_WEI: u64 = 50_000_000_000_000_000;

/// What has been shown so far.
struct Story {
    out: Output,
    steps: Vec<Value>,
}

/// Alice: an organisation of her own inside the app's, which only her passkey can act in.
struct Alice {
    passkey: Passkey,
    organisation: OrganisationId,
    address: String,
    connection: Connection,
}

/// Tells the story.
pub(super) fn tell(out: Output) -> anyhow::Result<Outcome> {
    let mut story = Story {
        out,
        steps: Vec::new(),
    };
    story.begin();
    let server = ThrowAway::start(None)?;
    story.tell(
        "A server",
        format!(
            "ready after {} ms, on {}",
            server.ready_after.as_millis(),
            server.url
        ),
    );
    let root = server.found("Demo app")?;
    story.tell(
        "An organisation",
        format!("the app's own, {}, held by an API key", root.organisation),
    );
    let alice = Alice::join(&server, &root)?;
    story.tell(
        "A user with a passkey",
        format!(
            "Alice owns the sub-organisation {}; nobody else does",
            alice.organisation
        ),
    );
    story.tell(
        "A wallet",
        format!("hers, with the Ethereum account {}", alice.address),
    );

    let transfer = Transfer::new(PAYEE, AMOUNT_WEI);
    let signing = alice.sign(&transfer)?;
    let result = &signing["activity"]["result"]["signTransactionResult"];
    let signed = result["signedTransaction"]
        .as_str()
        .context("a signed transaction")?;
    let signer = transfer.signer(signed)?;
    ensure!(
        signer.eq_ignore_ascii_case(&alice.address),
        "the transaction was signed by {signer}, not by Alice's account"
    );
    story.tell(
        "A signed transaction",
        "stamped by her passkey; libsecp256k1 recovers her address from it",
    );

    let id = signing["activity"]["id"]
        .as_str()
        .context("an activity id")?;
    story.tell("A receipt", check_receipt(&server, &alice, id)?);
    story.tell(
        "An attack: the app signs with Alice's wallet",
        parent_signs(&root, &alice, &transfer)?,
    );
    story.tell(
        "An attack: twenty times the amount under her stamp",
        body_is_changed(&alice, &transfer)?,
    );
    story.end();
    Ok(Outcome::Done)
}

impl Story {
    fn begin(&self) {
        if !self.out.is_json() {
            let title = "The whole story, against a server that is gone afterwards";
            self.out.line(&format!("\n  {}", self.out.bold(title)));
        }
    }

    fn tell(&mut self, title: &str, text: impl Into<String>) {
        let text = text.into();
        if !self.out.is_json() {
            let mark = self.out.good("✓");
            self.out
                .line(&format!("\n  {mark} {}\n    {text}", self.out.bold(title)));
        }
        self.steps.push(json!({ "step": title, "shown": text }));
    }

    fn end(self) {
        let value = json!({ "ok": true, "steps": self.steps });
        self.out.answer(&value, |_| {
            "\n  Your own: `zegel serve`, then open the link it prints.".to_owned()
        });
    }
}

impl Alice {
    /// The app makes her organisation: with her passkey as its only owner, and a wallet.
    fn join(server: &ThrowAway, root: &Root) -> anyhow::Result<Self> {
        let port = server.url.rsplit(':').next().unwrap_or_default();
        let passkey = Passkey::new(format!("http://localhost:{port}"))?;
        let answer = root.client.submit(
            "create_sub_organization",
            "CREATE_SUB_ORGANIZATION_V7",
            json!({
                "subOrganizationName": "Alice",
                "rootUsers": [{
                    "userName": "Alice",
                    "apiKeys": [],
                    "authenticators": [passkey.registration("Alice's telephone")?],
                    "oauthProviders": [],
                }],
                "rootQuorumThreshold": 1,
                "wallet": {
                    "walletName": "Alice's wallet",
                    "accounts": [{
                        "curve": "CURVE_SECP256K1",
                        "pathFormat": "PATH_FORMAT_BIP32",
                        "path": "m/44'/60'/0'/0/0",
                        "addressFormat": "ADDRESS_FORMAT_ETHEREUM",
                    }],
                },
            }),
        )?;
        let made = &answer["activity"]["result"]["createSubOrganizationResultV7"];
        let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
        Ok(Self {
            passkey,
            organisation: text(&made["subOrganizationId"]).context("an id")?.parse()?,
            address: text(&made["wallet"]["addresses"][0]).context("an address")?,
            connection: Connection::to(server.url.clone())?,
        })
    }

    /// Submits the transfer, stamped by her passkey.
    fn sign(&self, transfer: &Transfer) -> anyhow::Result<Value> {
        let body = self.signing_body(transfer);
        let stamp = self.passkey.stamp(body.as_bytes())?;
        self.connection.post(SIGN, body, (X_STAMP_WEBAUTHN, stamp))
    }

    fn signing_body(&self, transfer: &Transfer) -> String {
        activity(
            self.organisation,
            "SIGN_TRANSACTION_V2",
            &signing_parameters(self, transfer),
        )
    }
}

const SIGN: &str = "/public/v1/submit/sign_transaction";

fn signing_parameters(alice: &Alice, transfer: &Transfer) -> Value {
    json!({
        "signWith": alice.address,
        "type": "TRANSACTION_TYPE_ETHEREUM",
        "unsignedTransaction": transfer.unsigned(),
    })
}

/// Fetches the receipt of an activity and verifies it with nothing but the log's key. A receipt
/// with one changed digit must not verify.
fn check_receipt(server: &ThrowAway, alice: &Alice, id: &str) -> anyhow::Result<String> {
    let body = json!({ "organizationId": alice.organisation, "activityId": id }).to_string();
    let stamp = alice.passkey.stamp(body.as_bytes())?;
    let answer = alice.connection.post(
        "/public/v1/query/get_receipt",
        body,
        (X_STAMP_WEBAUTHN, stamp),
    )?;
    let text = answer["receipt"].as_str().context("a receipt")?;
    let key: VerifierKey = server.log_key.parse()?;
    let verified = receipt::verify(text, &key).context("the receipt was refused")?;
    ensure!(
        verified.leaf().subject.id() == id,
        "a receipt of another activity"
    );
    let forged = text.replacen("\nindex ", "\nindex 1", 1);
    ensure!(
        receipt::verify(&forged, &key).is_err(),
        "a forged receipt was accepted"
    );
    Ok(format!(
        "verified offline at index {} of the log; forged, it is refused",
        verified.index()
    ))
}

/// The app that made Alice's organisation tries to spend from her wallet.
fn parent_signs(root: &Root, alice: &Alice, transfer: &Transfer) -> anyhow::Result<String> {
    let parameters = signing_parameters(alice, transfer);
    let kind = "SIGN_TRANSACTION_V2";
    let attempt = root
        .client
        .submit_in(alice.organisation, "sign_transaction", kind, parameters);
    refused(attempt, "ORGANIZATION_MISMATCH")
}

/// Somebody on the way changes what was stamped.
fn body_is_changed(alice: &Alice, transfer: &Transfer) -> anyhow::Result<String> {
    let stamp = alice
        .passkey
        .stamp(alice.signing_body(transfer).as_bytes())?;
    let changed = alice.signing_body(&Transfer::new(PAYEE, 20 * AMOUNT_WEI));
    let attempt = alice
        .connection
        .post(SIGN, changed, (X_STAMP_WEBAUTHN, stamp));
    refused(attempt, "SIGNATURE_INVALID")
}

/// What the server said when it refused, for the reason that was to be shown and no other.
fn refused(attempt: anyhow::Result<Value>, code: &str) -> anyhow::Result<String> {
    let Err(error) = attempt else {
        anyhow::bail!("an attack succeeded")
    };
    match error.downcast_ref::<Problem>() {
        Some(problem) if problem.code == code => Ok(problem.message.clone()),
        _ => Err(error.context("an attack failed, but not for the right reason")),
    }
}
