package wire

import (
	"testing"

	"github.com/gazoo-go/gazoo/internal/wire/data"
	"github.com/google/go-cmp/cmp"
)

// ReadStat reads what the generated code reads, and fails as it does on every truncated prefix.
func TestReadStat(t *testing.T) {
	b := make([]byte, StatLen+3)
	for i := range b {
		b[i] = byte(i*37 + 1)
	}
	for n := range len(b) + 1 {
		var got, want data.Stat
		d, plain := NewDecoder(b[:n]), NewDecoder(b[:n])
		gotErr, wantErr := d.ReadStat(&got), want.Read(plain)
		if (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() {
			t.Errorf("%d bytes: %v, want %v", n, gotErr, wantErr)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d bytes: %s", n, diff)
		}
		if d.Remaining() != plain.Remaining() {
			t.Errorf("%d bytes: %d are left, want %d", n, d.Remaining(), plain.Remaining())
		}
	}
}
