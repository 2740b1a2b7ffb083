max("")
