package session

import "reflect"

func selects(c, d chan int) {
	select { // want `select statement`
	case <-c:
	case <-d:
	}

	//zkvet:allow select one case and a default: nothing to choose
	select {
	case c <- 1:
	default:
	}

	// A poll: the first line of the comment may say more,
	//zkvet:allow select one case and a default: nothing to choose
	// and so may the last.
	select {
	case c <- 1:
	default:
	}

	//zkvet:allow select // want `allow select without a reason`
	select { // want `select statement`
	default:
	}

	//zkvet:allow maprange the wrong rule // want `allow maprange permits nothing`
	select { // want `select statement`
	default:
	}

	//zkvet:allow select too far above // want `allow select permits nothing`

	select { // want `select statement`
	default:
	}

	select { //zkvet:allow select not above // want `select statement` `allow select permits nothing`
	default:
	}

	//zkvet:alow select a slip of the pen // want `unknown directive //zkvet:alow: there is only //zkvet:allow`
	select { // want `select statement`
	default:
	}

	_, _, _ = reflect.Select(nil) // want `reflect.Select: of several ready cases`

	//zkvet:allow select one case
	_, _, _ = reflect.Select(nil)

	for {
		//zkvet:allow select inside another statement
		select {
		case <-c:
			select { // want `select statement`
			default:
			}
		}
	}
}
