// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WebAuthn} from "solady/src/utils/WebAuthn.sol";

/// How Coinbase Smart Wallet reads the signature of an owner that is a passkey: first the wrapper,
/// which says whose it is, then the struct. Solady, who has the same struct, checks it here.
contract CoinbaseWallet {
    struct SignatureWrapper {
        uint256 ownerIndex;
        bytes signatureData;
    }

    mapping(uint256 => bytes) private owners;

    function addOwner(uint256 index, bytes calldata owner) external {
        owners[index] = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        SignatureWrapper memory wrapper = abi.decode(signature, (SignatureWrapper));
        bytes memory owner = owners[wrapper.ownerIndex];
        require(owner.length == 64, "no passkey owns this index");
        (bytes32 x, bytes32 y) = abi.decode(owner, (bytes32, bytes32));
        WebAuthn.WebAuthnAuth memory auth = abi.decode(wrapper.signatureData, (WebAuthn.WebAuthnAuth));
        bool isValid = WebAuthn.verify(abi.encode(hash), false, auth, x, y);
        return isValid ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}
