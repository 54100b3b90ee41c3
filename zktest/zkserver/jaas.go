package main

import (
	"fmt"
	"os"
	"regexp"
)

var (
	// serverSection is the part of a JAAS file that is the server's.
	serverSection = regexp.MustCompile(`(?s)\bServer\s*\{(.*?)\}`)
	// jaasUser is an option user_NAME="PASSWORD" of its DigestLoginModule.
	jaasUser = regexp.MustCompile(`\buser_(\w+)\s*=\s*"([^"]*)"`)
)

// readJAAS returns the users of a JAAS file and their passwords; none if it has no section for the server, which to ZooKeeper
// is as good as no file.
func readJAAS(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	section := serverSection.FindSubmatch(text)
	if section == nil {
		return nil, nil
	}
	users := make(map[string]string)
	for _, m := range jaasUser.FindAllSubmatch(section[1], -1) {
		users[string(m[1])] = string(m[2])
	}
	if len(users) == 0 {
		return nil, fmt.Errorf("%s: no user_NAME=\"PASSWORD\" in section Server: of SASL, zkserver knows DIGEST-MD5", path)
	}
	return users, nil
}
