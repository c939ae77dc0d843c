// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P256} from "solady/src/utils/P256.sol";
import {WebAuthn} from "solady/src/utils/WebAuthn.sol";

/// An account that leaves everything to Solady and does not ask for verification.
contract SoladyAccount {
    bytes private owner;

    constructor(bytes memory owner_) {
        owner = owner_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (bytes32 x, bytes32 y) = P256.tryDecodePoint(owner);
        WebAuthn.WebAuthnAuth memory auth = WebAuthn.tryDecodeAuth(signature);
        bool isValid = WebAuthn.verify(abi.encode(hash), false, auth, x, y);
        return isValid ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
