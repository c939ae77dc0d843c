//! What others do on the chain, and what we would not.

use vault::{PayerRow, Vault};
use verify::solana::{ForChain, Nonce, Payable};
use wire::solana::external_signature::{self as program, ExecuteWithSession, Inner, SignerScheme};
use wire::solana::{Instruction, Message, Transaction, TruncatedSlot, Version};
use zegel_solana_rpc::{Executed, Refused};

use super::person::Person;
use super::server::root;
use super::world::{HERE, World};
use crate::support::{SOL, Wallet};

impl World {
    /// Has our own payer sign what the engine would not: nobody asks the rules.
    pub async fn pay(&self, payable: Payable) -> Vec<u8> {
        let payer = self.engine.store().payer(HERE).await.unwrap().unwrap();
        let row = PayerRow {
            environment: HERE,
            address: payer.address,
            sealed: payer.sealed,
        };
        let paid = Vault::new(root()).pay(&row, payable).unwrap();
        paid.to_packet().unwrap()
    }

    /// A session given on the chain by somebody who pays for it with a key of their own.
    pub fn refresh_elsewhere(&self, person: &Person, key: &Wallet, lifetime_s: u64) {
        let session = program::SessionLifetime {
            key: key.address(),
            lifetime_s,
        };
        self.elsewhere(person, |nonce| nonce.refresh(session), {
            move |proof, number, nonce, blockhash| {
                Payable::refresh(proof, number, nonce, session, blockhash).unwrap()
            }
        });
    }

    /// An account made on the chain by somebody else.
    pub fn create_elsewhere(&self, person: &Person, session: Option<program::SessionKey>) {
        self.elsewhere(person, |nonce| nonce.initialise(session), {
            move |proof, number, nonce, blockhash| {
                Payable::initialise(proof, number, nonce, session, blockhash).unwrap()
            }
        });
    }

    fn elsewhere(
        &self,
        person: &Person,
        challenge: impl FnOnce(&Nonce) -> [u8; 32],
        payable: impl FnOnce(&ForChain, TruncatedSlot, &Nonce, [u8; 32]) -> Payable,
    ) {
        let payer = Wallet::new(200);
        self.net.with(|machine| {
            machine.give(&payer.address(), SOL);
            let slot = machine.slot_hashes().newest();
            let nonce = Nonce {
                slot_hash: slot.hash,
                signer: payer.address(),
            };
            let proof = person.proof(&challenge(&nonce));
            let number = TruncatedSlot::of(slot.slot);
            let payable = payable(&proof, number, &nonce, machine.latest_blockhash());
            let message = Message::parse(payable.message()).unwrap();
            let paid = payer.sign(Transaction::unsigned(message));
            machine.send(&paid.to_packet().unwrap()).unwrap();
            machine.blocks(1);
        });
    }

    /// A session key's transaction that the key's owner builds and pays for, past us.
    pub fn past_us(
        &self,
        person: &Person,
        key: &Wallet,
        asked: &[Instruction],
    ) -> Result<Executed, Refused> {
        let payer = Wallet::new(201);
        let call = ExecuteWithSession {
            account: person.account(),
            session_key: key.address(),
            signer: SignerScheme::ExecutionAccount,
            inner: Inner::new(asked, &person.purse()).unwrap(),
        };
        self.net.with(|machine| {
            machine.give(&payer.address(), SOL);
            let blockhash = machine.latest_blockhash();
            let calls = [call.instruction()];
            let message = Message::compile(Version::V0, payer.address(), &calls, blockhash);
            let signed = key.sign(payer.sign(Transaction::unsigned(message.unwrap())));
            machine.send(&signed.to_packet().unwrap())
        })
    }
}
