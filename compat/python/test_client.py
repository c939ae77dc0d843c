"""turnkey-http with turnkey-api-key-stamper, its signatures checked by cryptography.

One process: importing the client alone takes several seconds.
"""

import hashlib
import os
import time
import unittest
import uuid

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from turnkey_api_key_stamper import ApiKeyStamper, ApiKeyStamperConfig
from turnkey_http import TurnkeyClient
from turnkey_sdk_types import (
    ApproveActivityBody,
    CreateApiKeysBody,
    CreateSubOrganizationBody,
    CreateUserTagBody,
    CreateWalletBody,
    DeleteApiKeysBody,
    GetActivitiesBody,
    GetActivityBody,
    GetWalletAccountsBody,
    SignRawPayloadBody,
    TurnkeyActivityConsensusNeededError,
    TurnkeyNetworkError,
    v1ApiKeyParamsV2,
    v1Pagination,
    v1RootUserParamsV4,
    v1WalletAccountParams,
)


def required(name):
    """An environment variable; a missing one is an error, never a reason to skip."""
    value = os.environ.get(name)
    if not value:
        raise RuntimeError(f"{name} is not set; compat/README.md says how to run this suite")
    return value


URL = required("ZEGEL_URL")
ORGANISATION = required("ZEGEL_ORGANISATION_ID")
ROOT_KEY = (required("ZEGEL_API_PUBLIC_KEY"), required("ZEGEL_API_PRIVATE_KEY"))


def unique(name):
    """A name nobody has used before, outside ASCII on purpose."""
    return f"{name} é {uuid.uuid4()}"


def new_key():
    """A fresh P-256 API key, both halves in hexadecimal."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    return public.hex(), f"{key.private_numbers().private_value:064x}"


def client(key, organisation):
    """The published client with this API key."""
    stamper = ApiKeyStamper(ApiKeyStamperConfig(api_public_key=key[0], api_private_key=key[1]))
    return TurnkeyClient(base_url=URL, stamper=stamper, organization_id=organisation)


def api_key(key, **rest):
    return v1ApiKeyParamsV2(
        apiKeyName=unique("key"), publicKey=key[0], curveType="API_KEY_CURVE_P256", **rest
    )


def account(curve):
    """An account whose address is its public key in hexadecimal."""
    return v1WalletAccountParams(
        curve=curve,
        pathFormat="PATH_FORMAT_BIP32",
        path="m/0'/0'",
        addressFormat="ADDRESS_FORMAT_COMPRESSED",
    )


def new_sub_organisation(keys, threshold=1):
    """A sub-organisation with one root user for each of these keys."""
    return client(ROOT_KEY, ORGANISATION).create_sub_organization(
        CreateSubOrganizationBody(
            subOrganizationName=unique("child"),
            rootUsers=[
                v1RootUserParamsV4(
                    userName=unique("owner"),
                    apiKeys=[api_key(key)],
                    authenticators=[],
                    oauthProviders=[],
                )
                for key in keys
            ],
            rootQuorumThreshold=threshold,
        )
    )


class RootOrganisation(unittest.TestCase):
    def setUp(self):
        self.client = client(ROOT_KEY, ORGANISATION)

    def test_learns_who_it_is(self):
        who = self.client.get_whoami()
        self.assertEqual(who.organizationId, ORGANISATION)
        self.assertTrue(who.username)

    def test_reads_its_users_whole(self):
        who = self.client.get_whoami()
        users = {user.userId: user for user in self.client.get_users().users}
        keys = [key.credential.publicKey for key in users[who.userId].apiKeys]
        self.assertIn(ROOT_KEY[0], keys)

    def test_reads_its_whole_history_back_to_the_founding(self):
        seen, cursor = [], None
        while True:
            options = v1Pagination(limit="100", after=cursor)
            page = self.client.get_activities(GetActivitiesBody(paginationOptions=options))
            if not page.activities:
                break
            seen += page.activities
            cursor = seen[-1].id
        self.assertEqual(len({activity.id for activity in seen}), len(seen))
        self.assertEqual(seen[-1].result.createOrganizationResult.organizationId, ORGANISATION)

    def test_makes_a_sub_organisation_in_the_version_it_speaks(self):
        key = new_key()
        made = new_sub_organisation([key])
        who = client(key, made.subOrganizationId).get_whoami()
        self.assertEqual(who.organizationId, made.subOrganizationId)
        self.assertEqual(made.rootUserIds, [who.userId])


class SubOrganisation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        key = new_key()
        made = new_sub_organisation([key])
        cls.organisation = made.subOrganizationId
        cls.user = made.rootUserIds[0]
        cls.client = client(key, cls.organisation)

    def create_wallet(self, *accounts):
        return self.client.create_wallet(
            CreateWalletBody(walletName=unique("wallet"), accounts=list(accounts))
        )

    def sign(self, address, payload, encoding, hash_function):
        answer = self.client.sign_raw_payload(
            SignRawPayloadBody(
                signWith=address,
                payload=payload,
                encoding=encoding,
                hashFunction=hash_function,
            )
        )
        return answer.r, answer.s

    def test_registers_a_key_uses_it_and_removes_it(self):
        key = new_key()
        made = self.client.create_api_keys(
            CreateApiKeysBody(userId=self.user, apiKeys=[api_key(key, expirationSeconds="600")])
        )
        self.assertEqual(len(made.apiKeyIds), 1)
        theirs = client(key, self.organisation)
        self.assertEqual(theirs.get_whoami().userId, self.user)
        self.client.delete_api_keys(
            DeleteApiKeysBody(userId=self.user, apiKeyIds=made.apiKeyIds)
        )
        with self.assertRaises(TurnkeyNetworkError):
            theirs.get_whoami()

    def test_reads_a_whole_activity_back(self):
        made = self.create_wallet(account("CURVE_ED25519"))
        read = self.client.get_activity(GetActivityBody(activityId=made.activity.id)).activity
        self.assertEqual(read.id, made.activity.id)
        self.assertEqual(read.intent.createWalletIntent.accounts[0].path, "m/0'/0'")
        self.assertEqual(read.result.createWalletResult.walletId, made.walletId)
        self.assertEqual(len(read.votes), 1)

    def test_makes_a_wallet_and_lists_it(self):
        made = self.create_wallet(account("CURVE_SECP256K1"), account("CURVE_P256"))
        wallets = [wallet.walletId for wallet in self.client.get_wallets().wallets]
        self.assertIn(made.walletId, wallets)
        listed = self.client.get_wallet_accounts(GetWalletAccountsBody(walletId=made.walletId))
        self.assertEqual({a.address for a in listed.accounts}, set(made.addresses))

    def test_signs_with_the_two_ecdsa_curves(self):
        digest = hashlib.sha256("één".encode()).hexdigest()
        for name, curve in [("CURVE_SECP256K1", ec.SECP256K1()), ("CURVE_P256", ec.SECP256R1())]:
            with self.subTest(name):
                [address] = self.create_wallet(account(name)).addresses
                public = ec.EllipticCurvePublicKey.from_encoded_point(
                    curve, bytes.fromhex(address)
                )
                for payload, encoding, hash_function in [
                    (digest, "PAYLOAD_ENCODING_HEXADECIMAL", "HASH_FUNCTION_NO_OP"),
                    ("één", "PAYLOAD_ENCODING_TEXT_UTF8", "HASH_FUNCTION_SHA256"),
                ]:
                    r, s = self.sign(address, payload, encoding, hash_function)
                    signature = utils.encode_dss_signature(int(r, 16), int(s, 16))
                    public.verify(signature, "één".encode(), ec.ECDSA(hashes.SHA256()))

    def test_signs_with_ed25519(self):
        [address] = self.create_wallet(account("CURVE_ED25519")).addresses
        public = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(address))
        r, s = self.sign(
            address, "één", "PAYLOAD_ENCODING_TEXT_UTF8", "HASH_FUNCTION_NOT_APPLICABLE"
        )
        public.verify(bytes.fromhex(r + s), "één".encode())
        with self.assertRaises(InvalidSignature):
            public.verify(bytes.fromhex(r + s), b"een")

    def test_the_same_body_is_the_same_activity(self):
        body = CreateWalletBody(
            walletName=unique("wallet"), accounts=[], timestampMs=str(int(time.time() * 1000))
        )
        first, second = self.client.create_wallet(body), self.client.create_wallet(body)
        self.assertEqual(first.activity.id, second.activity.id)
        self.assertEqual(first.walletId, second.walletId)


class Consensus(unittest.TestCase):
    def test_a_second_owner_approves_what_the_first_proposed(self):
        keys = [new_key(), new_key()]
        organisation = new_sub_organisation(keys, threshold=2).subOrganizationId
        first, second = (client(key, organisation) for key in keys)
        with self.assertRaises(TurnkeyActivityConsensusNeededError) as held:
            first.create_user_tag(CreateUserTagBody(userTagName=unique("tag"), userIds=[]))
        activity = second.get_activity(
            GetActivityBody(activityId=held.exception.activity_id)
        ).activity
        done = second.approve_activity(ApproveActivityBody(fingerprint=activity.fingerprint))
        self.assertEqual(done.activity.id, activity.id)
        self.assertEqual(done.activity.status.value, "ACTIVITY_STATUS_COMPLETED")
        self.assertEqual(len(done.activity.votes), 2)


class Refusals(unittest.TestCase):
    def refused(self, call):
        with self.assertRaises(TurnkeyNetworkError) as caught:
            call()
        return caught.exception

    def test_an_unknown_key_is_401_in_the_words_clients_look_for(self):
        error = self.refused(client(new_key(), ORGANISATION).get_whoami)
        self.assertEqual(error.status_code, 401)
        self.assertIn(
            "could not find public key in organization or its parent organization", str(error)
        )

    def test_an_organisation_that_does_not_exist_is_told_by_its_id(self):
        nowhere = str(uuid.uuid4())
        error = self.refused(client(ROOT_KEY, nowhere).get_whoami)
        self.assertIn(error.status_code, (401, 404))
        self.assertIn(nowhere, str(error))

    def test_a_malformed_organisation_id_is_400(self):
        error = self.refused(client(ROOT_KEY, "not-an-id").get_whoami)
        self.assertEqual(error.status_code, 400)

    def test_a_parent_does_nothing_in_its_child(self):
        child = new_sub_organisation([new_key()]).subOrganizationId
        parent = client(ROOT_KEY, child)
        self.assertEqual(len(parent.get_users().users), 1)
        error = self.refused(
            lambda: parent.create_wallet(CreateWalletBody(walletName="theirs", accounts=[]))
        )
        self.assertGreaterEqual(error.status_code, 400)
        self.assertLess(error.status_code, 500)


if __name__ == "__main__":
    unittest.main(verbosity=2)
