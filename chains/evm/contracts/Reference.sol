// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DaimoAccountV1, DaimoAccountV2} from "./DaimoAccounts.sol";
import {CoinbaseWallet} from "./CoinbaseWallet.sol";
import {WebAuthn as Solady} from "solady/src/utils/WebAuthn.sol";

/// What the compiler itself makes of the structs.
contract Reference {
    /// The parts of all of them.
    struct Parts {
        bytes authenticatorData;
        string clientDataJSON;
        uint256 challengeIndex;
        uint256 typeIndex;
        bytes32 r;
        bytes32 s;
    }

    function coinbase(uint256 ownerIndex, Parts calldata p) external pure returns (bytes memory) {
        return abi.encode(CoinbaseWallet.SignatureWrapper(ownerIndex, solady(p)));
    }

    function solady(Parts calldata p) public pure returns (bytes memory) {
        return
            Solady.encodeAuth(
                Solady.WebAuthnAuth(p.authenticatorData, p.clientDataJSON, p.challengeIndex, p.typeIndex, p.r, p.s)
            );
    }

    function openzeppelin(Parts calldata p) external pure returns (bytes memory) {
        return abi.encode(p.r, p.s, p.challengeIndex, p.typeIndex, p.authenticatorData, p.clientDataJSON);
    }

    function safe(Parts calldata p) external pure returns (bytes memory) {
        return abi.encode(p.authenticatorData, p.clientDataJSON, uint256(p.r), uint256(p.s));
    }

    function daimoV1(uint48 validUntil, uint8 slot, Parts calldata p) external pure returns (bytes memory) {
        bytes memory signature = abi.encode(
            DaimoAccountV1.Signature(
                p.authenticatorData,
                p.clientDataJSON,
                p.challengeIndex,
                p.typeIndex,
                uint256(p.r),
                uint256(p.s)
            )
        );
        return abi.encodePacked(uint8(1), validUntil, slot, signature);
    }

    function daimoV2(uint48 validUntil, uint8 slot, Parts calldata p) external pure returns (bytes memory) {
        bytes memory signature = abi.encode(
            DaimoAccountV2.Signature(slot, p.authenticatorData, p.clientDataJSON, uint256(p.r), uint256(p.s))
        );
        return abi.encodePacked(validUntil, signature);
    }
}
