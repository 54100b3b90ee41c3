// What the network and the clocks of nodes cannot do yet.

package handler

import "time"

func (l *Link) Drip(on bool)                                 {}
func (l *Link) ResetAfter(n int)                             {}
func (n *Node) Refuse(on bool)                               {}
func (n *Node) SetClock(offset time.Duration, drift float64) {}
func (n *Node) JumpWall(by time.Duration)                    {}
