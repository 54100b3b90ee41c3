package wire

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/go-zookeeper/jute/lib/go/jute"
)

// jute has a codec of its own, slower and without bounds. On records that it can say, the two agree, in all four
// directions. (It writes "" as null, so the strings here are not empty.)
func TestAgreesWithJute(t *testing.T) {
	everyRecord(t, func(t *testing.T, r Record, empty func() Record) {
		var theirs bytes.Buffer
		// Its buffer is flushed at the end of each record.
		if err := jute.NewBinaryEncoder(&theirs).Encode(r); err != nil {
			t.Fatal(err)
		}
		ours := mustAppend(t, r)
		if !bytes.Equal(ours, theirs.Bytes()) {
			t.Fatalf("ours %x\ntheirs %x", ours, theirs.Bytes())
		}
		back := empty()
		if err := back.Read(jute.NewBinaryDecoder(bytes.NewReader(ours))); err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("they read %+v, %v; we wrote %+v", back, err, r)
		}
		back = empty()
		if err := Decode(theirs.Bytes(), back); err != nil || !reflect.DeepEqual(back, r) {
			t.Fatalf("we read %+v, %v; they wrote %+v", back, err, r)
		}
	})
}
