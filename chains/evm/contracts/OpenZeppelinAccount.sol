// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SignerP256} from "@openzeppelin/contracts/utils/cryptography/signers/SignerP256.sol";
import {SignerWebAuthn} from "@openzeppelin/contracts/utils/cryptography/signers/SignerWebAuthn.sol";

/// An account that leaves everything to OpenZeppelin's signer.
contract OpenZeppelinAccount is SignerWebAuthn {
    constructor(bytes32 x, bytes32 y) SignerP256(x, y) {}

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        bool isValid = _rawSignatureValidation(hash, signature);
        return isValid ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
