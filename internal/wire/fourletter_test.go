package wire

import "testing"

const srvr380 = `Zookeeper version: 3.8.0-5a02a05ed9daa8ce8, built on 07/07/2022 09:00 GMT
Latency min/avg/max: 0/0.0/0
Received: 1
Sent: 0
Connections: 1
Outstanding: 0
Zxid: 0x0
Mode: follower
Node count: 5
`

func TestFourLetter(t *testing.T) {
	for word, want := range map[string]bool{"ruok": true, "srvr": true, "zzzz": true, "": false, "RUOK": false, "ruo": false, "ruok\n": false, "a b ": false, "rüo": false} {
		if got := IsFourLetterWord(word); got != want {
			t.Errorf("%q: %v", word, got)
		}
	}
	for reply, want := range map[string]error{
		"imok": nil, "": nil, srvr380: nil,
		"mntr is not executed because it is not in the whitelist.\n":    ErrNotWhitelisted,
		"ruok is not executed because it is not in the whitelist.\n":    nil, // not what was asked
		"This ZooKeeper instance is not currently serving requests\n":   ErrNotServing,
		"x\nThis ZooKeeper instance is not currently serving requests.": nil,
	} {
		if got := FourLetterError("mntr", reply); got != want {
			t.Errorf("%q: %v, want %v", reply, got, want)
		}
	}
	for reply, want := range map[string]Version{
		srvr380: {3, 8, 0},
		"Environment:\nzookeeper.version=3.4.14-4c25d480e66aadd371de8bd2fd8da255ac140bcf, built on 03/06/2019\n": {3, 4, 14},
		"Zookeeper version: 3.10.0-SNAPSHOT\n": {3, 10, 0},
		"Zookeeper version: 4.0\n":             {4, 0, 0},
	} {
		if v, ok := FourLetterVersion(reply); !ok || v != want {
			t.Errorf("%q: %v %v, want %v", reply, v, ok, want)
		}
	}
	for _, reply := range []string{"", "imok", "Zookeeper version: \n", "Zookeeper version: x.y\n", "about zookeeper.version=3\n"} {
		if v, ok := FourLetterVersion(reply); ok {
			t.Errorf("%q: %v", reply, v)
		}
	}
}

func TestVersionCompare(t *testing.T) {
	sorted := []Version{{}, {0, 0, 1}, {3, 4, 14}, {3, 5, 0}, {3, 10, 0}, {4, 0, 0}}
	for i, v := range sorted {
		for j, w := range sorted {
			want := 0
			if i < j {
				want = -1
			} else if i > j {
				want = 1
			}
			if got := v.Compare(w); got != want || v.AtLeast(w) != (want >= 0) {
				t.Errorf("%v, %v: %d", v, w, got)
			}
		}
	}
}
