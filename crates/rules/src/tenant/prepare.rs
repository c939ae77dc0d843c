//! From what a client would like done to what its session key can sign.
//!
//! The client drafts a transaction as if the account could sign it. Its instructions go into one
//! call of the program on the chain, which carries them out in the account's name on the session
//! key's word.
//!
//! Whoever signs that call signs for what is inside as well: an instruction that is given a
//! signer's account may do with it as it likes, whatever the draft said of its rights. So an
//! account that signs on the outside, be it ours or the client's, is not let in; the client's may
//! at most receive.

use wire::solana::external_signature::{ExecuteWithSession, Inner, InnerError, SignerScheme};
use wire::solana::{
    AccountMeta, Address, CompiledInstruction, ComputeBudget, Instruction, MAX_PACKET, Message,
    MessageError, Movement, Transaction, Version, program,
};

use super::scope::{SessionScope, Used};
use super::wanted::{ScopeRefusal, Wanted};

/// For whom instructions are wrapped, and under which terms.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping<'a> {
    /// The passkey account.
    pub account: Address,
    /// What holds its money.
    pub execution_account: Address,
    /// The key that will sign.
    pub session_key: Address,
    /// Who pays the fee.
    pub payer: FeePayer,
    /// How far the session key may go.
    pub scope: &'a SessionScope,
    /// What it has used of that.
    pub used: &'a Used,
}

/// Who pays the fee of a session key's transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FeePayer {
    /// We do, with this key.
    Sponsor(Address),
    /// The client does, with the session key or another.
    Client(Address),
}

/// What a session key may be asked to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrapped {
    budget: Vec<ComputeBudget>,
    call: ExecuteWithSession,
    payer: FeePayer,
    wanted: Wanted,
    used: Used,
}

/// Why a client's transaction is not prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareRefusal {
    /// What a table holds is not in the transaction, so nobody here can judge it.
    #[error("address lookup tables are not supported: name every account in the transaction")]
    LookupTables,
    /// Nothing to do.
    #[error("the transaction has no instruction for the account")]
    Empty,
    /// Neither a limit nor a price, or one of them twice.
    #[error("of compute budget instructions one unit limit and one unit price are supported")]
    Budget,
    /// A price where we pay.
    #[error("the server pays the fee and no priority fee: leave out the compute unit price")]
    Price,
    /// Our own key was made a session key: nobody else would have to sign.
    #[error("the session key is the fee payer of this server")]
    SponsorIsSessionKey,
    /// Our payer's account in an instruction.
    #[error("an instruction names the fee payer of this server")]
    SponsorNamed,
    /// The session key's or the client's payer's account in an instruction that could use it.
    #[error("{0} signs the transaction; an instruction may send lamports there and nothing else")]
    SignerNamed(Address),
    /// Somebody else is to sign.
    #[error("{0} would have to sign, and only the account can")]
    OtherSigner(Address),
    /// The program signs for one of the two.
    #[error("either the passkey account or its execution account signs, not both")]
    TwoSigners,
    /// The program cannot carry the instructions out.
    #[error(transparent)]
    Inner(#[from] InnerError),
    /// The session key may not.
    #[error(transparent)]
    Scope(#[from] ScopeRefusal),
    /// The instructions make no message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// No node takes so much.
    #[error("the wrapped transaction would take {0} bytes; {MAX_PACKET} are the most")]
    TooLarge(usize),
}

/// Puts a client's instructions, signed or not, into one call that the session key signs. Of the
/// draft's fee payer nothing is kept: clients put the account or the session key there.
///
/// # Errors
///
/// [`PrepareRefusal`].
pub fn wrap(asked: &Message, terms: &Wrapping<'_>) -> Result<Wrapped, PrepareRefusal> {
    if !asked.address_table_lookups().is_empty() {
        return Err(PrepareRefusal::LookupTables);
    }
    if terms.payer == FeePayer::Sponsor(terms.session_key) {
        return Err(PrepareRefusal::SponsorIsSessionKey);
    }
    let (budget, rest): (Vec<_>, Vec<_>) = asked
        .instructions()
        .iter()
        .map(|it| expanded(asked, it))
        .partition(|it| it.program == program::COMPUTE_BUDGET);
    let budget = read_budget(&budget, terms.payer)?;
    if rest.is_empty() {
        return Err(PrepareRefusal::Empty);
    }
    let instructions = rest
        .into_iter()
        .map(|it| without_outer_signers(it, terms))
        .collect::<Result<Vec<_>, _>>()?;

    let signer = acting(&instructions, terms)?;
    let address = match signer {
        SignerScheme::ExecutionAccount => terms.execution_account,
        SignerScheme::PasskeyAccount => terms.account,
    };
    let inner = Inner::new(&instructions, &address)?;
    let wanted = Wanted::of(&instructions, &address)?;
    let used = terms.scope.allows(terms.used, &wanted)?;
    let wrapped = Wrapped {
        budget,
        call: ExecuteWithSession {
            account: terms.account,
            session_key: terms.session_key,
            signer,
            inner,
        },
        payer: terms.payer,
        wanted,
        used,
    };
    // Any other blockhash is as long.
    let transaction = Transaction::unsigned(wrapped.compile([0; 32])?);
    match transaction.to_packet() {
        Ok(_) => Ok(wrapped),
        Err(too_large) => Err(PrepareRefusal::TooLarge(too_large.0)),
    }
}

impl Wrapped {
    /// The message to be signed.
    ///
    /// # Errors
    ///
    /// [`MessageError`], of which [`wrap`] has seen that there is none.
    pub fn compile(&self, blockhash: [u8; 32]) -> Result<Message, MessageError> {
        let mut instructions: Vec<_> = self.budget.iter().map(|it| it.instruction()).collect();
        instructions.push(self.call.instruction());
        Message::compile(Version::V0, self.payer.address(), &instructions, blockhash)
    }

    /// The call that carries the instructions out.
    pub fn call(&self) -> &ExecuteWithSession {
        &self.call
    }

    /// Who pays the fee.
    pub fn payer(&self) -> FeePayer {
        self.payer
    }

    /// What this wants of the scope, to be [asked again](SessionScope::allows) when it comes back
    /// signed.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// What the session key will have used with this.
    pub fn used(&self) -> Used {
        self.used
    }
}

impl FeePayer {
    /// Whose lamports pay.
    pub const fn address(self) -> Address {
        match self {
            Self::Sponsor(address) | Self::Client(address) => address,
        }
    }
}

impl PrepareRefusal {
    /// The stable name of this refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::LookupTables => "lookup_tables",
            Self::Empty => "empty",
            Self::Budget => "compute_budget",
            Self::Price => "compute_unit_price",
            Self::SponsorIsSessionKey => "sponsor_is_session_key",
            Self::SponsorNamed => "sponsor_named",
            Self::SignerNamed(_) => "signer_named",
            Self::OtherSigner(_) => "other_signer",
            Self::TwoSigners => "two_signers",
            Self::Inner(_) => "inner",
            Self::Scope(refusal) => refusal.code(),
            Self::Message(_) => "message",
            Self::TooLarge(_) => "too_large",
        }
    }
}

/// An instruction with the accounts it counts, and the rights the draft gives them.
fn expanded(asked: &Message, compiled: &CompiledInstruction) -> Instruction {
    // In range: the message is sound and loads nothing from tables.
    let address = |index: u8| asked.account_keys()[usize::from(index)];
    Instruction {
        program: address(compiled.program_index),
        accounts: compiled
            .accounts
            .iter()
            .map(|&index| AccountMeta {
                address: address(index),
                is_signer: asked.is_signer(index),
                is_writable: asked.is_writable(index),
            })
            .collect(),
        data: compiled.data.clone(),
    }
}

/// Limit and price stay outside. A limit is free; a price is paid by whoever pays the fee.
fn read_budget(
    instructions: &[Instruction],
    payer: FeePayer,
) -> Result<Vec<ComputeBudget>, PrepareRefusal> {
    let budget = instructions
        .iter()
        .map(|it| ComputeBudget::parse(&it.data).ok_or(PrepareRefusal::Budget))
        .collect::<Result<Vec<_>, _>>()?;
    let (limits, prices): (Vec<ComputeBudget>, Vec<ComputeBudget>) = budget
        .iter()
        .copied()
        .partition(|it| matches!(it, ComputeBudget::UnitLimit(_)));
    if limits.len() > 1 || prices.len() > 1 {
        return Err(PrepareRefusal::Budget);
    }
    let is_free = prices.iter().all(|it| *it == ComputeBudget::UnitPrice(0));
    match payer {
        FeePayer::Sponsor(_) if !is_free => Err(PrepareRefusal::Price),
        FeePayer::Sponsor(_) | FeePayer::Client(_) => Ok(budget),
    }
}

/// Keeps out those whose signatures on the outside would be good inside. What is left of them is
/// marked as no signer, since nothing inside needs them to be one.
fn without_outer_signers(
    mut instruction: Instruction,
    terms: &Wrapping<'_>,
) -> Result<Instruction, PrepareRefusal> {
    let payer = terms.payer.address();
    let signs_outside = |address: &Address| [payer, terms.session_key].contains(address);
    let named = instruction.accounts.iter().map(|it| it.address);
    let named: Vec<Address> = named.chain([instruction.program]).collect();
    if matches!(terms.payer, FeePayer::Sponsor(_)) && named.contains(&payer) {
        return Err(PrepareRefusal::SponsorNamed);
    }
    let usable = match Movement::read(&instruction) {
        Some(Movement::Transfer { from, .. }) => vec![from],
        Some(Movement::TransferWithSeed { from, base, .. }) => vec![from, base],
        // A new account signs, and is its program's from then on.
        Some(Movement::CreateAccount { .. }) | None => named,
    };
    if let Some(signer) = usable.into_iter().find(signs_outside) {
        return Err(PrepareRefusal::SignerNamed(signer));
    }
    for account in &mut instruction.accounts {
        account.is_signer &= !signs_outside(&account.address);
    }
    Ok(instruction)
}

/// In whose name the program is to act. Where nobody signs inside, it does not matter.
fn acting(
    instructions: &[Instruction],
    terms: &Wrapping<'_>,
) -> Result<SignerScheme, PrepareRefusal> {
    let mut found = None;
    let accounts = instructions.iter().flat_map(|it| &it.accounts);
    for account in accounts.filter(|it| it.is_signer) {
        let scheme = if account.address == terms.execution_account {
            SignerScheme::ExecutionAccount
        } else if account.address == terms.account {
            SignerScheme::PasskeyAccount
        } else {
            return Err(PrepareRefusal::OtherSigner(account.address));
        };
        if found.is_some_and(|other| other != scheme) {
            return Err(PrepareRefusal::TwoSigners);
        }
        found = Some(scheme);
    }
    Ok(found.unwrap_or(SignerScheme::ExecutionAccount))
}

#[cfg(test)]
mod tests;
