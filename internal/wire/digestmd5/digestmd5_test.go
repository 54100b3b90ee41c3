package digestmd5

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The example of RFC 2831, section 4.
func TestExampleOfTheRFC(t *testing.T) {
	l := Login{
		User: "chris", Realm: "elwood.innosoft.com", Password: "secret",
		Nonce: "OA6MG9tEQGm2hh", CNonce: "OA6MHXh6VqTrRk", URI: "imap/elwood.innosoft.com",
	}
	if got := l.Response(); got != "d388dad90d4bbd760a152321f2143af7" {
		t.Errorf("response %s", got)
	}
	if got := l.RspAuth(); got != "ea40f60335c427b5527b84dbabcdfffd" {
		t.Errorf("rspauth %s", got)
	}
}

func TestNarrow(t *testing.T) {
	for in, want := range map[string]string{"": "", "abc": "abc", "pässwörd": "p\xe4ssw\xf6rd", "пароль": "пароль", "\xff": "\xff"} {
		if got := narrow(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestParse(t *testing.T) {
	for message, want := range map[string]string{
		``:      `map[]`,
		` , ,`:  `map[]`,
		`a=b`:   `map["a":"b"]`,
		`A = b`: `map["a":"b"]`,
		`realm="zk-sasl-md5",nonce="x=,y",charset=utf-8,algorithm=md5-sess`: `map["algorithm":"md5-sess" "charset":"utf-8" "nonce":"x=,y" "realm":"zk-sasl-md5"]`,
		`realm="one",realm="two"`: `map["realm":"one"]`,
		`u="a\"b\\c" , v=1,`:      `map["u":"a\"b\\c" "v":"1"]`,
		`u=""`:                    `map["u":""]`,
	} {
		d, err := Parse([]byte(message))
		if got := fmt.Sprintf("%q", map[string]string(d)); err != nil || got != want {
			t.Errorf("%s: %s, %v", message, got, err)
		}
	}
	for message, want := range map[string]error{
		`a`: ErrSyntax, `=b`: ErrSyntax, `a=`: ErrSyntax, `a="b`: ErrSyntax, `a="b\`: ErrSyntax, `a="b"c`: ErrSyntax, `a=b c`: ErrSyntax,
		`"a"=b`: ErrSyntax, "\x00\xff": ErrSyntax, `nonce=1,nonce=2`: ErrTwice, strings.Repeat("x", MaxMessage+1): ErrTooLong,
	} {
		if d, err := Parse([]byte(message)); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, %v", message, d, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`realm="zk-sasl-md5",nonce="x\"",charset=utf-8,algorithm=md5-sess`))
	f.Fuzz(func(t *testing.T, message []byte) {
		d, err := Parse(message)
		if err != nil {
			return
		}
		for name, value := range d { // what was read can be written and read again
			if again, err := Parse([]byte(name + "=" + Quote(value))); err != nil && !errors.Is(err, ErrTooLong) || err == nil && again[name] != value {
				t.Fatalf("%q=%q: %q, %v", name, value, again, err)
			}
		}
	})
}

func TestHas(t *testing.T) {
	for list, want := range map[string]bool{"auth": true, "auth-int, AUTH": true, "": false, "auth-int,auth-conf": false} {
		if Has(list, "auth") != want {
			t.Errorf("%q", list)
		}
	}
}
