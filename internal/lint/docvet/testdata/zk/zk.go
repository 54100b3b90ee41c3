package zk // want `package zk has no package comment`
