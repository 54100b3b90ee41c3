// Package gazoo tests that gazoo works on zkserver as it does on a real ZooKeeper: what fails here is not another client's
// fault.
package gazoo
