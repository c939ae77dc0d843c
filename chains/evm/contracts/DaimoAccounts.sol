// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// What both accounts have in common. Written from the published checks of Daimo's accounts and of
/// the library they use; the curve is OpenZeppelin's.
abstract contract DaimoAccount {
    /// ERC-4337's word for a signature that is none.
    uint256 internal constant FAILED = 1;

    mapping(uint8 => bytes32[2]) private keys;

    function addSigningKey(uint8 slot, bytes32 x, bytes32 y) external {
        keys[slot] = [x, y];
    }

    /// ERC-4337's packing: until when, above an address that stays empty.
    function packed(uint48 validUntil) internal pure returns (uint256) {
        return uint256(validUntil) << 160;
    }

    function hasGoodFlags(bytes memory authenticatorData) internal pure returns (bool) {
        if (authenticatorData.length < 37) return false;
        uint8 flags = uint8(authenticatorData[32]);
        bool isPresent = flags & 0x01 != 0;
        bool isEligible = flags & 0x08 != 0;
        bool isBackedUp = flags & 0x10 != 0;
        return isPresent && (isEligible || !isBackedUp);
    }

    function isSignedBy(
        uint8 slot,
        bytes memory authenticatorData,
        string memory clientDataJSON,
        uint256 r,
        uint256 s
    ) internal view returns (bool) {
        bytes32 clientDataHash = sha256(bytes(clientDataJSON));
        bytes32 hash = sha256(abi.encodePacked(authenticatorData, clientDataHash));
        return P256.verify(hash, bytes32(r), bytes32(s), keys[slot][0], keys[slot][1]);
    }

    function challengeMember(bytes memory challenge) internal pure returns (string memory) {
        return string.concat('"challenge":"', Base64.encodeURL(challenge), '"');
    }

    function contains(string memory text, string memory wanted, uint256 at) internal pure returns (bool) {
        for (uint256 i = 0; i < bytes(wanted).length; i++) {
            if (at + i >= bytes(text).length || bytes(text)[at + i] != bytes(wanted)[i]) return false;
        }
        return true;
    }
}

/// The first account: version, end and slot stand before the struct.
contract DaimoAccountV1 is DaimoAccount {
    struct Signature {
        bytes authenticatorData;
        string clientDataJSON;
        uint256 challengeLocation;
        uint256 responseTypeLocation;
        uint256 r;
        uint256 s;
    }

    function validate(bytes32 userOpHash, bytes calldata signature) external view returns (uint256) {
        if (signature.length < 8 || uint8(signature[0]) != 1) return FAILED;
        uint48 validUntil = uint48(bytes6(signature[1:7]));
        uint8 slot = uint8(signature[7]);
        Signature memory sig = abi.decode(signature[8:], (Signature));
        bytes memory challenge = abi.encodePacked(uint8(1), validUntil, userOpHash);
        bool isValid = hasGoodFlags(sig.authenticatorData) &&
            contains(sig.clientDataJSON, '"type":"webauthn.get"', sig.responseTypeLocation) &&
            contains(sig.clientDataJSON, challengeMember(challenge), sig.challengeLocation) &&
            isSignedBy(slot, sig.authenticatorData, sig.clientDataJSON, sig.r, sig.s);
        return isValid ? packed(validUntil) : FAILED;
    }
}

/// The second account: the slot is in the struct, and the client data must begin as expected.
contract DaimoAccountV2 is DaimoAccount {
    struct Signature {
        uint8 keySlot;
        bytes authenticatorData;
        string clientDataJSON;
        uint256 r;
        uint256 s;
    }

    function validate(bytes32 userOpHash, bytes calldata signature) external view returns (uint256) {
        if (signature.length < 6) return FAILED;
        uint48 validUntil = uint48(bytes6(signature[0:6]));
        Signature memory sig = abi.decode(signature[6:], (Signature));
        bytes memory challenge = abi.encodePacked(validUntil, userOpHash);
        string memory beginning = string.concat('{"type":"webauthn.get",', challengeMember(challenge));
        bool isValid = hasGoodFlags(sig.authenticatorData) &&
            contains(sig.clientDataJSON, beginning, 0) &&
            isSignedBy(sig.keySlot, sig.authenticatorData, sig.clientDataJSON, sig.r, sig.s);
        return isValid ? packed(validUntil) : FAILED;
    }
}
