package gssapi

import (
	"context"
	"crypto/subtle"
	"encoding/asn1"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gazoo-go/gazoo/zk"
	"github.com/jcmturner/gokrb5/v8/asn1tools"
	"github.com/jcmturner/gokrb5/v8/crypto"
	krb5 "github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/chksumtype"
	"github.com/jcmturner/gokrb5/v8/iana/flags"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/messages"
	"github.com/jcmturner/gokrb5/v8/spnego"
	"github.com/jcmturner/gokrb5/v8/types"
)

// An exchange is RFC 4752 over RFC 4121:
//
//	begin:  ──AP-REQ──▶  we are who we say
//	met:    ◀──AP-REP──  so is the server            ──nothing──▶
//	choose: ◀──which security layers there are──     ──none of them──▶
//	over:   ◀──nothing──
type exchange struct {
	step int

	realm  string
	name   types.PrincipalName
	ticket messages.Ticket
	key    types.EncryptionKey // of the ticket; then what the server has put in its place

	auth     types.Authenticator
	accepted bool // key is the server's
}

// Step must not be called from two goroutines at once.
func (x *exchange) Step(_ context.Context, challenge []byte) (response []byte, done bool, err error) {
	x.step++
	switch x.step {
	case 1:
		response, err = x.begin()
		if err != nil {
			return nil, false, fmt.Errorf("gssapi: %w", err)
		}
		return response, false, nil
	case 2:
		response, err = guard(func() ([]byte, error) { return x.met(challenge) })
	case 3:
		response, err = guard(func() ([]byte, error) { return x.choose(challenge) })
		done = true
	default:
		err = errors.New("a challenge too many")
	}
	if err != nil {
		return nil, false, fmt.Errorf("gssapi: %w: %w", zk.ErrProtocol, err)
	}
	return response, done, nil
}

// contextFlags ask for mutual authentication, and for integrity, without which there is no answer to the offer of layers.
const contextFlags = krb5.ContextFlagMutual | krb5.ContextFlagInteg

var tokenAPReq = []byte{1, 0}

// begin makes the AP-REQ.
func (x *exchange) begin() (token []byte, err error) {
	if x.auth, err = types.NewAuthenticator(x.realm, x.name); err != nil {
		return nil, err
	}
	sum := make([]byte, 24) // RFC 4121, 4.1.1: the length of the bindings, no bindings, flags
	binary.LittleEndian.PutUint32(sum, 16)
	binary.LittleEndian.PutUint32(sum[20:], contextFlags)
	x.auth.Cksum = types.Checksum{CksumType: chksumtype.GSSAPI, Checksum: sum}
	req, err := messages.NewAPReq(x.ticket, x.key, x.auth)
	if err != nil {
		return nil, err
	}
	types.SetFlag(&req.APOptions, flags.APOptionMutualRequired)
	body, err := req.Marshal()
	if err != nil {
		return nil, err
	}
	oid, err := asn1.Marshal(asn1.ObjectIdentifier(krb5.OIDKRB5.OID()))
	if err != nil {
		return nil, err
	}
	return asn1tools.AddASNAppTag(append(append(oid, tokenAPReq...), body...), 0), nil
}

// met checks that the server could read our ticket.
func (x *exchange) met(challenge []byte) ([]byte, error) {
	var token spnego.KRB5Token
	if err := token.Unmarshal(challenge); err != nil {
		return nil, err
	}
	if !token.IsAPRep() {
		return nil, errors.New("no AP-REP")
	}
	plain, err := crypto.DecryptEncPart(token.APRep.EncPart, x.key, keyusage.AP_REP_ENCPART)
	if err != nil {
		return nil, fmt.Errorf("the server does not prove itself: %w", err)
	}
	var part messages.EncAPRepPart
	if err := part.Unmarshal(plain); err != nil {
		return nil, err
	}
	if part.CTime.Unix() != x.auth.CTime.Unix() || part.Cusec != x.auth.Cusec {
		return nil, errors.New("the server does not prove itself: its answer is to somebody else")
	}
	if len(part.Subkey.KeyValue) > 0 {
		x.key, x.accepted = part.Subkey, true
	}
	return []byte{}, nil
}

// Flags of wrap tokens, RFC 4121, 4.2.2.
const (
	sealed         = 2
	acceptorSubkey = 4
)

// noLayer is the bit for no security layer at all, in the offer and in the choice.
const noLayer = 1

// choose answers the offer of security layers.
func (x *exchange) choose(challenge []byte) ([]byte, error) {
	offer, err := x.unwrap(challenge)
	if err != nil {
		return nil, err
	}
	if len(offer) != 4 {
		return nil, fmt.Errorf("the offer of security layers has %d bytes", len(offer))
	}
	if offer[0]&noLayer == 0 {
		return nil, errors.New("the server insists on a security layer")
	}
	etype, err := crypto.GetEtype(x.key.KeyType)
	if err != nil {
		return nil, err
	}
	// No layer, so no largest message; and no other identity than that of the ticket.
	choice := krb5.WrapToken{
		EC: uint16(etype.GetHMACBitLength() / 8), SndSeqNum: uint64(x.auth.SeqNumber), Payload: []byte{noLayer, 0, 0, 0},
	}
	if x.accepted {
		choice.Flags |= acceptorSubkey
	}
	if err := choice.SetCheckSum(x.key, keyusage.GSSAPI_INITIATOR_SEAL); err != nil {
		return nil, err
	}
	return choice.Marshal()
}

// unwrap checks a token that is signed, and returns what is in it.
func (x *exchange) unwrap(b []byte) ([]byte, error) {
	var token krb5.WrapToken
	if len(b) > krb5.HdrLen {
		b = append([]byte(nil), b...)
		rotated := b[krb5.HdrLen:]
		n := int(binary.BigEndian.Uint16(b[6:])) % len(rotated)
		copy(rotated, append(append([]byte(nil), rotated[n:]...), rotated[:n]...))
	}
	if err := token.Unmarshal(b, true); err != nil {
		return nil, err
	}
	if token.Flags&sealed != 0 || token.Flags&acceptorSubkey != 0 != x.accepted {
		return nil, fmt.Errorf("wrap token with flags %#x", token.Flags)
	}
	etype, err := crypto.GetEtype(x.key.KeyType)
	if err != nil {
		return nil, err
	}
	signed := krb5.WrapToken{Flags: token.Flags, EC: token.EC, SndSeqNum: token.SndSeqNum, Payload: token.Payload}
	if err := signed.SetCheckSum(x.key, keyusage.GSSAPI_ACCEPTOR_SEAL); err != nil {
		return nil, err
	}
	if int(token.EC) != etype.GetHMACBitLength()/8 || subtle.ConstantTimeCompare(signed.CheckSum, token.CheckSum) != 1 {
		return nil, errors.New("wrap token with a wrong checksum")
	}
	return token.Payload, nil
}
