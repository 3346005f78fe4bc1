/** The floor: Node's own HTTPS server, the body parsed as JSON, a constant answer. Arguments: certificate file, key file. */
import { answer } from './bytes.ts';
import { serve } from './listen.ts';

serve(answer);
