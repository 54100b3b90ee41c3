package gssapi

import (
	"context"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/gazoo-go/gazoo/zk"
	krb5 "github.com/jcmturner/gokrb5/v8/gssapi"
	"github.com/jcmturner/gokrb5/v8/iana/etypeID"
	"github.com/jcmturner/gokrb5/v8/iana/keyusage"
	"github.com/jcmturner/gokrb5/v8/types"
)

func testExchange(step int) *exchange {
	return &exchange{step: step, key: types.EncryptionKey{KeyType: etypeID.AES256_CTS_HMAC_SHA1_96, KeyValue: make([]byte, 32)}}
}

// offered is a server's offer of security layers.
func offered(t testing.TB, usage uint32, flags byte, payload ...byte) []byte {
	token := krb5.WrapToken{Flags: flags, EC: 12, Payload: payload}
	if err := token.SetCheckSum(testExchange(0).key, usage); err != nil {
		t.Fatal(err)
	}
	b, err := token.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const acceptor = 1

func TestOffer(t *testing.T) {
	good := offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor, 7, 0, 0xff, 0xff)
	rotated := append(append([]byte(nil), good[:krb5.HdrLen]...), append(append([]byte(nil), good[len(good)-12:]...), good[krb5.HdrLen:len(good)-12]...)...)
	rotated[7] = 12
	for _, offer := range [][]byte{good, rotated} {
		response, done, err := testExchange(2).Step(context.Background(), offer)
		if err != nil || !done || len(response) != krb5.HdrLen+4+12 || response[krb5.HdrLen] != noLayer {
			t.Errorf("%x, %v, %v", response, done, err)
		}
	}
	for what, offer := range map[string][]byte{
		"only encryption":  offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor, 4, 0, 0xff, 0xff),
		"short":            offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor, 1),
		"long":             offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor, 1, 0, 0, 0, 0),
		"ours":             offered(t, keyusage.GSSAPI_INITIATOR_SEAL, 0, 1, 0, 0, 0),
		"signed as by us":  offered(t, keyusage.GSSAPI_INITIATOR_SEAL, acceptor, 1, 0, 0, 0),
		"another's subkey": offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor|acceptorSubkey, 1, 0, 0, 0),
		"sealed":           offered(t, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor|sealed, 1, 0, 0, 0),
	} {
		if _, _, err := testExchange(2).Step(context.Background(), offer); !errors.Is(err, zk.ErrProtocol) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range good {
		changed := append([]byte(nil), good...)
		changed[i]++
		if i >= 8 || i < 6 { // not the rotation, which is not signed; a wrong one breaks the signature, but for a full turn
			if _, _, err := testExchange(2).Step(context.Background(), changed); !errors.Is(err, zk.ErrProtocol) {
				t.Errorf("byte %d changed: %v", i, err)
			}
		}
		if _, _, err := testExchange(2).Step(context.Background(), good[:i]); !errors.Is(err, zk.ErrProtocol) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	if _, _, err := testExchange(3).Step(context.Background(), good); !errors.Is(err, zk.ErrProtocol) {
		t.Errorf("a fourth challenge: %v", err)
	}
}

// FuzzChallenge: nothing that a server says may end otherwise than in an error of its making.
func FuzzChallenge(f *testing.F) {
	f.Add(1, []byte{})
	f.Add(2, offered(f, keyusage.GSSAPI_ACCEPTOR_SEAL, acceptor, 7, 0, 0xff, 0xff))
	rep, err := hex.DecodeString("601806092a864886f712010202020" + "06f0b3009a003020105a10302010f")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(1, rep)
	f.Fuzz(func(t *testing.T, step int, challenge []byte) {
		x := testExchange(1 + step&1)
		if _, _, err := x.Step(context.Background(), challenge); err != nil && !errors.Is(err, zk.ErrProtocol) {
			t.Error(err)
		}
	})
}
