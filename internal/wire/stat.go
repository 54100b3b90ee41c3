package wire

import (
	"encoding/binary"

	"github.com/gazoo-go/gazoo/internal/wire/data"
)

// StatLen is how many bytes a Stat takes.
const StatLen = 6*8 + 5*4

// ReadStat is st.Read(d). It does without a call for each field, since most replies have a Stat.
func (d *Decoder) ReadStat(st *data.Stat) error {
	if d.Remaining() < StatLen {
		return st.Read(d) // which says what is missing
	}
	b := (*[StatLen]byte)(d.b[d.off:])
	d.off += StatLen
	st.Czxid = int64(binary.BigEndian.Uint64(b[0:]))
	st.Mzxid = int64(binary.BigEndian.Uint64(b[8:]))
	st.Ctime = int64(binary.BigEndian.Uint64(b[16:]))
	st.Mtime = int64(binary.BigEndian.Uint64(b[24:]))
	st.Version = int32(binary.BigEndian.Uint32(b[32:]))
	st.Cversion = int32(binary.BigEndian.Uint32(b[36:]))
	st.Aversion = int32(binary.BigEndian.Uint32(b[40:]))
	st.EphemeralOwner = int64(binary.BigEndian.Uint64(b[44:]))
	st.DataLength = int32(binary.BigEndian.Uint32(b[52:]))
	st.NumChildren = int32(binary.BigEndian.Uint32(b[56:]))
	st.Pzxid = int64(binary.BigEndian.Uint64(b[60:]))
	return nil
}
