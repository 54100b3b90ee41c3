package future

func Exported() {}
