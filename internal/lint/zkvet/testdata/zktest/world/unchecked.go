package world

import "time"

var now = time.Now

//zkvet:allow nothing
func wait(c, d chan int, m map[int]int) {
	go clear(m)
	for k := range m {
		c <- k
	}
	select {
	case <-c:
	case <-d:
	}
}
